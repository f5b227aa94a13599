"""The records of rollouts in object storage: written while a rollout is under way, ended when it has."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from leeboard.api.model import Model
from leeboard.evaluator.guards.ending import decision_of, under_way
from leeboard.evaluator.guards.page import record_page
from leeboard.evaluator.guards.record import MOST_BYTES, Decision, Looked, RolloutRecord, read_record, with_look
from leeboard.storage import StorageError, Store

EVERY = timedelta(minutes=5)
"""How long looks that changed nothing wait to be written."""
RECALLED = 3
"""Versions whose records are looked for when the evaluator began anew: those that ended last."""


def key_of(version: str, started_at: datetime) -> str:
    """Where the record of a rollout lies below the Model's storage."""
    return f"observations/{version}/rollouts/{started_at.astimezone(UTC):%Y%m%dT%H%M%SZ}.json"


@dataclass
class Records:
    """Keeps the records of each Model's rollouts, by the Model's UID and the version. `complain` is told of files that
    cannot be read."""

    complain: Callable[[str], None] = lambda _: None
    _open: dict[tuple[str, str], RolloutRecord] = field(default_factory=dict)
    _written: dict[tuple[str, str], datetime] = field(default_factory=dict)
    _recalled: set[str] = field(default_factory=set)

    def look(self, store: Store, model: Model, begun: RolloutRecord, look: Looked) -> str:
        """Take up a look of the rollout that `begun` describes; gives the record's key. Raises StorageError."""
        place = model.metadata.uid, begun.candidate
        record, key = self._open.get(place), key_of(begun.candidate, begun.started_at)
        if record is None or record.started_at != begun.started_at:
            record = self._stored(store, key) or begun
        before = record.looks[-1] if record.looks else None
        record = with_look(record.model_copy(update={"analysis": begun.analysis}), look)
        decision = decision_of(model, record, look.at)
        changed = before is None or (before.verdict, before.reason) != (look.verdict, look.reason)
        held = decision is not None and (record.decision is None or record.decision.reason != decision.reason)
        if decision is not None and held:
            record = record.model_copy(update={"decision": decision})
        self._open[place] = record
        if changed or held or look.at - self._written.get(place, look.at - EVERY) >= EVERY:
            self._write(store, key, record)
            self._written[place] = look.at
        return key

    def end(self, store: Store, model: Model, now: datetime) -> None:
        """Write how the rollouts ended that are over, also those that ended while no evaluator ran. Raises
        StorageError."""
        uid = model.metadata.uid
        found = [record for (owner, _), record in self._open.items() if owner == uid]
        if uid not in self._recalled:
            found += [one for name in _ended_last(model) for one in self._unfinished(store, name)]
        for one in found:
            if under_way(model, one) or (decision := decision_of(model, one, now)) is None:
                continue
            self._finish(store, one, decision)
            if self._open.get((uid, one.candidate)) is one:
                del self._open[uid, one.candidate]
        self._recalled.add(uid)

    def forget(self, living: set[str]) -> None:
        """Models that are gone."""
        for place in [place for place in (*self._open, *self._written) if place[0] not in living]:
            self._open.pop(place, None)
            self._written.pop(place, None)
        self._recalled &= living

    def _finish(self, store: Store, record: RolloutRecord, decision: Decision) -> None:
        self._write(
            store, key_of(record.candidate, record.started_at), record.model_copy(update={"decision": decision})
        )

    def _write(self, store: Store, key: str, record: RolloutRecord) -> None:
        store.put(key, record.to_bytes(), overwrite=True)
        if record.decision is not None:
            store.put(key.removesuffix(".json") + ".html", record_page(record).encode(), overwrite=True)

    def _unfinished(self, store: Store, version: str) -> list[RolloutRecord]:
        """Records of a version that nobody decided, or that were held when the evaluator ended."""
        keys = [entry.key for entry in store.list(f"observations/{version}/rollouts/") if entry.key.endswith(".json")]
        found = (self._stored(store, key) for key in sorted(keys)[-RECALLED:])
        return [
            one for one in found if one is not None and (one.decision is None or one.decision.outcome == "Inconclusive")
        ]

    def _stored(self, store: Store, key: str) -> RolloutRecord | None:
        try:
            return read_record(store.get(key, most=MOST_BYTES))
        except StorageError as error:
            if error.reason == "StorageNotFound":
                return None
            raise
        except ValueError as error:
            self.complain(f"{key}: {error}")
            return None


def _ended_last(model: Model) -> list[str]:
    status = model.status
    shut_out = sorted(status.quarantined, key=lambda one: one.at, reverse=True)[:RECALLED]
    champion = [status.champion.name] if status.champion is not None else []
    return list(dict.fromkeys([*champion, *(one.name for one in shut_out)]))
