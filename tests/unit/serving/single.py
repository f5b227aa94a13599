"""Single requests, of which the frames between server and exporter hold many."""

from dataclasses import dataclass, field

import numpy as np

from leeboard_serving.observation import Observations, Told


@dataclass(eq=False)
class Single:
    """One request, and what it told."""

    id: str
    time: float = 1.0
    seconds: float = 0.1
    status: int = 200
    rows: int = 0
    inputs: dict = field(default_factory=dict)
    scores: np.ndarray = field(default_factory=lambda: np.empty(0))
    dropped: int = 0

    def alone(self) -> Observations:
        """As a frame has it."""
        told = Told(self.id, self.time, self.seconds, self.status, self.rows)
        return Observations([told], self.inputs, self.scores, self.dropped)


def singles(observations: Observations) -> list[Single]:
    """The requests of a frame; what was dropped before it stands with the first."""
    found, start, dropped = [], 0, observations.dropped
    for told in observations.requests:
        part = slice(start, start + told.rows)
        inputs = {name: column[part] for name, column in observations.inputs.items()} if told.rows else {}
        scores = observations.scores[part]
        found.append(Single(told.id, told.time, told.seconds, told.status, told.rows, inputs, scores, dropped))
        start, dropped = part.stop, 0
    return found
