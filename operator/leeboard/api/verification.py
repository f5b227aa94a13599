"""What a version's files have to prove before they are served, beside their digest."""

from leeboard.api.base import LocalReference, SpecModel
from leeboard.api.fields import described


class SignatureVerification(SpecModel):
    """Signatures by key, in the format of OpenSSF Model Signing."""

    config_map_ref: LocalReference = described(
        "ConfigMap whose values are public keys, PEM: elliptic curves P-256, P-384 and P-521. Any of them may have "
        "signed."
    )


class Verification(SpecModel):
    """Checks that `load` makes before the server starts."""

    signature: SignatureVerification | None = described(
        "The artefact needs a signature: model.sig beside manifest.json, over exactly its files.", default=None
    )
