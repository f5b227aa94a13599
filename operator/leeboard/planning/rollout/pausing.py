"""Whether a rollout is held."""

from leeboard.api import names
from leeboard.planning.rollout.view import View


def paused(view: View) -> bool:
    """Whether the rollout is held. The last `true` or `false` counts; an annotation that vanishes changes nothing."""
    asked = view.model.metadata.annotations.get(names.PAUSE, "").strip().lower()
    return asked == "true" if asked in ("true", "false") else view.status.commands.pause
