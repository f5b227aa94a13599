"""Names among `serving.logging.redact` that redact nothing."""

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.reasons import Reason, explain
from leeboard.planning.conditions import Wanted

MOST_NAMED = 10


def unknown_redactions(model: Model, version: ModelVersion | None) -> Wanted | None:
    """The condition that names what no input of the champion is called: what was meant may be stored all the same."""
    logging = model.spec.serving.logging
    if logging is None or version is None or not version.spec.signature.inputs:
        return None
    inputs = {one.name for one in version.spec.signature.inputs}
    unknown = [name for name in logging.redact if name not in inputs]
    if not unknown:
        return None
    text = f"serving.logging.redact names {', '.join(unknown[:MOST_NAMED])}: no input of {version.metadata.name}"
    return Wanted("RedactionUnknown", "True", Reason.REDACTION_UNKNOWN, explain(Reason.REDACTION_UNKNOWN, text))
