"""What a model takes and answers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from leeboard_serving.server.inference.datatypes import FLOATS, INTEGERS, TEXTS

ACCEPTED = {
    "FP64": FLOATS.keys() | INTEGERS.keys(),
    # a table of integers with one missing value is sent as floating-point numbers by most clients
    "INT64": FLOATS.keys() | INTEGERS.keys(),
    "BOOL": frozenset({"BOOL"}),
    "BYTES": frozenset({"BYTES"}),
}
"""Data types in which an input may be sent, by the one that the signature names."""


@dataclass(frozen=True)
class Tensor:
    """One input or output of the signature; `width` is that of a row, -1 where it varies, 0 for a single value."""

    name: str
    datatype: str
    width: int = 0

    def described(self) -> dict[str, Any]:
        """As metadata shows it; -1 is the batch."""
        return {"name": self.name, "datatype": self.datatype, "shape": [-1] + ([self.width] if self.width else [])}


@dataclass(frozen=True)
class Signature:
    """Inputs in the order of the model's columns, and outputs; the first output is what a request gets by default."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @property
    def by_default(self) -> tuple[Tensor, ...]:
        """The outputs of a request that names none."""
        return self.outputs[:1]

    @property
    def by_name(self) -> tuple[Tensor, ...]:
        """The outputs that come to a request that names them alone: most callers would pay for them for nothing."""
        return self.outputs[1:]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Of the inputs."""
        return tuple(one.name for one in self.inputs)

    @cached_property
    def positions(self) -> dict[str, int]:
        """Of the inputs, by name."""
        return {name: position for position, name in enumerate(self.names)}

    @cached_property
    def known_outputs(self) -> frozenset[str]:
        """Their names."""
        return frozenset(one.name for one in self.outputs)

    @cached_property
    def numeric(self) -> bool:
        """Whether one tensor of numbers may bring all inputs at once."""
        return not any(one.datatype == TEXTS for one in self.inputs)

    @cached_property
    def floating(self) -> bool:
        """Whether every input is a floating-point number, so that columns are as well a matrix."""
        return all(one.datatype == "FP64" for one in self.inputs)
