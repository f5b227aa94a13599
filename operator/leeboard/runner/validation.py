"""Checks the rows of a dataset before anything is trained on them: columns, types, ranges, missing values."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from leeboard.api.dataset import ColumnRule, Validation
from leeboard.runner.failures import canonical
from leeboard.storage.digests import digest_of

_EMPTY = "Empty"
MOST_COMPLAINTS = 10


@dataclass
class _Column:
    kind: str = _EMPTY
    missing: int = 0
    wrong_type: int = 0
    below: int = 0
    above: int = 0


@dataclass
class Inspection:
    """What has been seen of a dataset so far: feed it piece by piece, then ask."""

    validation: Validation
    rows: int = 0
    columns: dict[str, _Column] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def begin_file(self, name: str, columns: list[str]) -> None:
        """All tables of a dataset have the same columns."""
        if not self.columns:
            self.columns = {column: _Column() for column in columns}
        elif differing := set(columns) ^ set(self.columns):
            self.complaints.append(f"{name}: other columns than the tables before it: {', '.join(sorted(differing))}")

    def add(self, piece: pd.DataFrame) -> None:
        """Count one piece."""
        self.rows += len(piece)
        rules = {rule.name: rule for rule in self.validation.columns}
        for name, seen in self.columns.items():
            if name not in piece:
                continue
            values = piece[name]
            present = values.dropna()
            seen.missing += len(values) - len(present)
            seen.kind = _merged(seen.kind, _kind(present))
            if (rule := rules.get(name)) is not None:
                _check(present, rule, seen)

    def problems(self) -> list[str]:
        """Everything that is wrong, one sentence each; at most ten."""
        found = [*self.complaints, *self._empty(), *self._absent(), *self._too_much_missing(), *self._broken_rules()]
        hidden = len(found) - MOST_COMPLAINTS
        return found if hidden <= 0 else [*found[:MOST_COMPLAINTS], f"and {hidden} more"]

    @property
    def schema_digest(self) -> str:
        """Digest of column names and kinds of values, whatever the order of the columns."""
        return digest_of(canonical(sorted([name, seen.kind] for name, seen in self.columns.items())))

    def _empty(self) -> Iterator[str]:
        if self.rows == 0:
            yield "no rows"

    def _absent(self) -> Iterator[str]:
        named = [*(limit.column for limit in self.validation.max_missing), *(r.name for r in self.validation.columns)]
        for name in dict.fromkeys(named):
            if name not in self.columns:
                yield f"column {name} is absent"

    def _too_much_missing(self) -> Iterator[str]:
        for limit in self.validation.max_missing:
            seen = self.columns.get(limit.column)
            if seen is not None and seen.missing * 100 > limit.percent * self.rows:
                share = f"{seen.missing} of {self.rows} values ({100 * seen.missing / self.rows:.1f} %)"
                yield f"column {limit.column}: {share} are missing, at most {limit.percent} % may be"

    def _broken_rules(self) -> Iterator[str]:
        for rule in self.validation.columns:
            seen = self.columns.get(rule.name)
            if seen is None:
                continue
            for count, what in (
                (seen.wrong_type, f"are no {rule.type}"),
                (seen.below, f"lie below {rule.min}"),
                (seen.above, f"lie above {rule.max}"),
            ):
                if count:
                    yield f"column {rule.name}: {count} of {self.rows} values {what}"


def _check(present: pd.Series, rule: ColumnRule, seen: _Column) -> None:
    """Count what breaks the rule. A CSV tells no types: text that reads as a number may be either."""
    if rule.type == "String":
        seen.wrong_type += int(present.map(lambda value: not isinstance(value, str | int | float | np.number)).sum())
    if rule.type != "Number" and rule.min is None and rule.max is None:
        return
    numbers = pd.to_numeric(present, errors="coerce")
    if rule.type == "Number":
        seen.wrong_type += int(numbers.isna().sum())
    if rule.min is not None:
        seen.below += int((numbers < float(rule.min)).sum())
    if rule.max is not None:
        seen.above += int((numbers > float(rule.max)).sum())


def _kind(present: pd.Series) -> str:
    """The kind of values, the same however wide a number is stored."""
    if present.empty:
        return _EMPTY
    if pd.api.types.is_bool_dtype(present):
        return "Boolean"
    if pd.api.types.is_numeric_dtype(present):
        return "Number"
    if pd.api.types.is_datetime64_any_dtype(present):
        return "Time"
    return "String"


def _merged(one: str, other: str) -> str:
    if one in (_EMPTY, other):
        return other
    return one if other == _EMPTY else "String"
