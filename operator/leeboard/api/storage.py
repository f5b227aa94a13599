"""How object storage is reached."""

from leeboard.api.base import LocalReference, SpecModel
from leeboard.api.fields import FolderUri, Uri, described


class StorageAccess(SpecModel):
    """Endpoint and credentials of an object store."""

    secret_ref: LocalReference | None = described(
        "Secret with the keys AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION.", default=None
    )
    endpoint: Uri | None = described(
        "Address of an S3-compatible server; the provider's own when absent.", default=None
    )


class Storage(StorageAccess):
    """An object store and the folder in it."""

    uri: FolderUri = described("Folder for what the served versions observe.")
