"""Which challengers have callers of their own, and since when."""

from datetime import datetime

from leeboard.api.model import Model
from leeboard.api.model_status import Challenger


def callers_of(model: Model) -> list[tuple[Challenger, datetime]]:
    """The challengers that share the callers with the champion, and since when figures count: since there is this
    challenger and this champion."""
    champion = model.status.champion
    if champion is None:
        return []
    compared = (one for one in model.status.challengers if one.phase == "Comparing" and one.place is not None)
    return [(one, max(one.compared_since, champion.since)) for one in compared if one.compared_since is not None]
