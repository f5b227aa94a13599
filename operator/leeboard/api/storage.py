"""How object storage is reached."""

from leeboard.api.base import LocalReference, SpecModel
from leeboard.api.fields import BucketFolderUri, WebUrl, described


class StorageAccess(SpecModel):
    """Endpoint and credentials of an object store."""

    secret_ref: LocalReference | None = described(
        "Secret with the keys AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION; with ca.crt (PEM) https servers "
        "are verified by those certificates and by no others.",
        default=None,
    )
    endpoint: WebUrl | None = described(
        "Address of an S3-compatible server, http or https; the provider's own when absent.", default=None
    )


class Storage(StorageAccess):
    """An object store and the folder in it."""

    uri: BucketFolderUri = described("Folder for what the served versions observe.")
