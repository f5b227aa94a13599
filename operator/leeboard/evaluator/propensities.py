"""Which shares held when each prediction was made: the propensities by which its reward can be weighted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from leeboard.api.model_status import Shares
from leeboard.evaluator.rewards import Trials
from leeboard.planning.rollout.arms.logged import Epoch, read_log
from leeboard.planning.traffic.taken_over import SETTLED


def logged(
    shares: Sequence[Shares], since: datetime, champion: str, before: Any, found: Mapping[str, Trials]
) -> tuple[Epoch, ...]:
    """The log of a bandit since a moment: that of before, with the trials that became known since, by version.

    Predictions made within SETTLED of a change are left out: a Gateway may still have gone by the shares of before.
    """
    if not shares:
        return ()
    starts = np.array([one.at.timestamp() for one in shares], dtype=np.float64)
    known = read_log(before)
    epochs = [next((epoch for epoch in known if epoch.is_of(one)), Epoch(one.at, one.percent)) for one in shares]
    for name, trials in found.items():
        places = np.searchsorted(starts, trials.made, side="right") - 1
        settled = (places >= 0) & (trials.made >= starts[places] + SETTLED.total_seconds())
        for place in np.unique(places[settled]).tolist():
            if epochs[place].percent.get(name, 0) > 0:
                epochs[place] = epochs[place].plus(name, trials.sum_of(settled & (places == place)))
    ends = [*(one.at for one in shares[1:]), None]
    together = zip(epochs, ends, strict=True)
    return tuple(one for one, end in together if champion in one.percent and (end is None or end > since))
