"""What flows through a graph: columns of numbers or texts, in as many tensors as they came in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from onnx import TensorProto

from leeboard.models.onnx_conversion.failures import Unconvertible
from leeboard.models.onnx_conversion.graph import Graph

Kind = Literal["double", "float", "text"]
TYPES: dict[Kind, int] = {
    "double": int(TensorProto.DOUBLE),
    "float": int(TensorProto.FLOAT),
    "text": int(TensorProto.STRING),
}


@dataclass(frozen=True)
class Piece:
    """One tensor of shape (rows, width)."""

    tensor: str
    kind: Kind
    width: int


@dataclass(frozen=True)
class Data:
    """Columns side by side. A missing number is NaN, a missing text the empty one."""

    graph: Graph
    pieces: tuple[Piece, ...]

    @property
    def width(self) -> int:
        """How many columns there are."""
        return sum(piece.width for piece in self.pieces)

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kind of every column."""
        return tuple(piece.kind for piece in self.pieces for _ in range(piece.width))

    def numbers(self, kind: Kind = "double") -> str:
        """All columns as one matrix. Raises Unconvertible where one holds texts."""
        if any(piece.kind == "text" for piece in self.pieces):
            raise Unconvertible("a step that takes numbers gets texts")
        if not self.pieces:
            raise Unconvertible("a step gets no columns")
        wanted = TYPES[kind]
        tensors = [
            piece.tensor if piece.kind == kind else self.graph.cast(piece.tensor, wanted) for piece in self.pieces
        ]
        return self.graph.joined(tensors)

    def select(self, places: Sequence[int]) -> "Data":
        """Some columns, in this order."""
        if list(places) == list(range(self.width)):
            return self
        owners = [(piece, column) for piece in self.pieces for column in range(piece.width)]
        chosen: list[tuple[Piece, list[int]]] = []
        for place in places:
            piece, column = owners[place]
            if chosen and chosen[-1][0] is piece:
                chosen[-1][1].append(column)
            else:
                chosen.append((piece, [column]))
        return Data(self.graph, tuple(self._part(piece, columns) for piece, columns in chosen))

    def _part(self, piece: Piece, columns: list[int]) -> Piece:
        if columns == list(range(piece.width)):
            return piece
        return Piece(self.graph.columns(piece.tensor, columns), piece.kind, len(columns))


def of_tensor(graph: Graph, tensor: str, width: int, kind: Kind = "double") -> Data:
    """One matrix."""
    return Data(graph, (Piece(tensor, kind, width),))


def beside(graph: Graph, parts: Sequence[Data]) -> Data:
    """Columns of several side by side."""
    return Data(graph, tuple(piece for part in parts for piece in part.pieces))
