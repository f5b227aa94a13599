"""Who may send labels."""

from leeboard.api.base import LocalReference, SpecModel
from leeboard.api.fields import described


class FeedbackAccess(SpecModel):
    """Tokens that callers of /feedback have to have."""

    secret_ref: LocalReference = described(
        "Secret whose key `token` has the tokens, one a line, each of them good: a new one is added before the old one "
        "is taken away. The exporter alone is given it, and reads it anew at every request."
    )
