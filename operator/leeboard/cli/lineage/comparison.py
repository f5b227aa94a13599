"""A version's metrics beside those of the version before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.text import Text

from leeboard.api.metrics import higher_is_better
from leeboard.api.model_version import Metric, ModelVersion
from leeboard.cli.show import styles
from leeboard.cli.show.figures import figure
from leeboard.cli.show.table import Column, cell, table
from leeboard.cli.show.text import styled

SAME_ROWS = "before, same rows"
OWN_ROWS = "before, its own rows"
_THIS, _DIFFERENCE = "this version", "difference"
_GAP = 2


@dataclass(frozen=True)
class Beside:
    """One metric of a version, of the one before, and their difference; None where it was not measured."""

    now: Metric
    before: Metric | None = None
    difference: Metric | None = None

    @property
    def verdict(self) -> str:
        """better or worse where the whole interval of the difference says so, else unclear; empty without one."""
        if self.difference is None:
            return ""
        low, high = Decimal(self.difference.low), Decimal(self.difference.high)
        if low <= 0 <= high:
            return "unclear"
        return "better" if (low > 0) == higher_is_better(self.now.name) else "worse"


def compared(version: ModelVersion, before: ModelVersion | None) -> tuple[list[Beside], str]:
    """Every metric, and which rows the figures of the version before are about; empty where there are none.

    The evaluation of a version measured its champion on the same rows, which alone can be compared. Where it did not,
    the parent's own figures are given, without a difference.
    """
    measured, comparison = version.spec.metrics, version.spec.comparison
    if comparison is not None and comparison.metrics:
        champion, differences = _by_name(comparison.metrics), _by_name(comparison.differences)
        return [Beside(one, champion.get(one.name), differences.get(one.name)) for one in measured], SAME_ROWS
    if before is not None and before.spec.metrics:
        own = _by_name(before.spec.metrics)
        return [Beside(one, own.get(one.name)) for one in measured], OWN_ROWS
    return [Beside(one) for one in measured], ""


def metrics_table(version: ModelVersion, before: ModelVersion | None, width: int | None, *, wide: bool) -> list[Text]:
    """The metrics with their 95 % intervals as an aligned table; empty where nothing was measured.

    Where one line a metric does not fit `width` cells, each figure has its own; None fits everything.
    """
    rows, about = compared(version, before)
    if not rows:
        return []
    lines = _one_line_each(rows, about, wide=wide)
    if width is not None and max(line.cell_len for line in lines) > width:
        lines = _one_figure_a_line(rows, about, wide=wide)
    lines[0] = styled((lines[0].plain, styles.LABEL))
    return lines


def _one_line_each(rows: Sequence[Beside], about: str, *, wide: bool) -> list[Text]:
    titles = [_THIS, *([about] if about else []), *([_DIFFERENCE, ""] if about == SAME_ROWS else [])]
    cells = [
        [
            cell(row.now.name),
            *(cell(text) for text in _figures(row, wide=wide)[: len(titles[:3])]),
            *_verdict(row, about),
        ]
        for row in rows
    ]
    return table([Column(title) for title in ("metric", *titles)], cells, gap=_GAP)


def _one_figure_a_line(rows: Sequence[Beside], about: str, *, wide: bool) -> list[Text]:
    cells = []
    for row in rows:
        kinds = (_THIS, about, _DIFFERENCE)
        for index, (kind, text) in enumerate(zip(kinds, _figures(row, wide=wide), strict=True)):
            if text:
                verdict = row.verdict if kind == _DIFFERENCE else ""
                name = row.now.name if index == 0 else ""
                cells.append([styled(name), styled(kind), cell(text), styled((verdict, styles.of_word(verdict)))])
    return table([Column("metric"), Column(""), Column(""), Column("")], cells, gap=_GAP)


def _figures(row: Beside, *, wide: bool) -> tuple[str, str, str]:
    """This version's, the one before's and the difference, each empty where it was not measured."""
    before = figure(row.before, exact=wide) if row.before is not None else ""
    difference = figure(row.difference, signed=True, exact=wide) if row.difference is not None else ""
    return figure(row.now, exact=wide), before, difference


def _verdict(row: Beside, about: str) -> list[Text]:
    return [styled((row.verdict, styles.of_word(row.verdict)))] if about == SAME_ROWS else []


def _by_name(metrics: Sequence[Metric]) -> dict[str, Metric]:
    return {one.name: one for one in metrics}
