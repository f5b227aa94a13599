"""What a listing is: rows of one sort of thing, each a pure function of the objects that were read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.text import Text

from leeboard.cli.objects import Kind, Objects, Raw
from leeboard.cli.show.table import Column, cell, fitting, table

Row = tuple[Text, ...]


@dataclass(frozen=True)
class Listed:
    """One row: where it belongs, and its cells."""

    namespace: str
    model: str
    cells: Row


@dataclass(frozen=True)
class Listing:
    """One sort of thing that `leeboard get` shows.

    `kind` is the kind whose objects hold it and `beside` what has to be read too; `documents` gives what of a raw
    object JSON shows.
    """

    name: str
    aliases: tuple[str, ...]
    kind: Kind
    columns: tuple[Column, ...]
    rows: Callable[[Objects, datetime], Iterable[Listed]]
    beside: tuple[Kind, ...] = ()
    documents: Callable[[Raw], Iterable[Any]] = lambda raw: (raw,)


def render(
    listing: Listing,
    objects: Objects,
    now: datetime,
    *,
    model: str | None = None,
    namespaces: bool = False,
    width: int | None = None,
) -> list[Text]:
    """The table of a listing, empty without rows; `model` keeps that Model's rows, `namespaces` adds their column.

    On a screen of `width` cells columns that can be spared are left out until the rest fits.
    """
    rows = [row for row in listing.rows(objects, now) if model in (None, row.model)]
    if not rows:
        return []
    columns = [Column("NAMESPACE"), *listing.columns] if namespaces else list(listing.columns)
    cells = [(cell(row.namespace), *row.cells) if namespaces else row.cells for row in rows]
    kept = fitting(columns, cells, width)
    return table([columns[one] for one in kept], [[row[one] for one in kept] for row in cells], width)
