"""What the model answered to some rows."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leeboard.models.rows import Rows


class Answers:
    """Arrays whose first axis is the rows: `scores` (float64, finite), and the other outputs that were wanted."""

    def __init__(
        self, scores_name: str, scores: NDArray[np.float64], others: Mapping[str, NDArray[Any]], rows: Rows
    ) -> None:
        self.scores, self.rows = scores, rows
        self._name, self._others = scores_name, others

    @cached_property
    def scores_list(self) -> list[float]:
        """The scores as Python's numbers, made once for all requests of a batch."""
        return self.scores.tolist()  # type: ignore[no-any-return]

    def of(self, name: str) -> NDArray[Any]:
        """An output by its name. Raises KeyError."""
        return self.scores if name == self._name else self._others[name]
