"""The lineage as it is drawn: a line from version to version, with what is said of each beside it."""

from collections.abc import Iterable, Iterator

from rich.text import Text

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.cli.lineage.causes import causes
from leeboard.cli.lineage.chain import Chain, End
from leeboard.cli.lineage.comparison import metrics_table
from leeboard.cli.lineage.facts import Fact, facts
from leeboard.cli.lineage.origin import origin
from leeboard.cli.objects import Objects
from leeboard.cli.progress import stage, weights
from leeboard.cli.show import styles
from leeboard.cli.show.moments import utc
from leeboard.cli.show.quantities import SHORT_DIGEST, digest
from leeboard.cli.show.text import folded, joined, padded, styled
from leeboard.cli.standing import Standing, parents, standing
from leeboard.planning import lineage_changes as changes

_GUTTER = Text("│  ", styles.QUIET)
_LABEL_WIDTH = 16
_DIGEST_WIDTH = SHORT_DIGEST + 2
_MARKERS = {"champion": "●", "candidate": "◐", "challenger": "◐", "quarantined": "✗", "rejected": "✗"}
_EARLIER, _GONE = "○", "◌"


def draw(chain: Chain, model: Model | None, objects: Objects, *, width: int = 100, wide: bool = False) -> list[Text]:
    """The whole tree, no line longer than `width` cells; `wide` shows digests and figures whole and folds nothing."""
    named = parents(objects.versions)
    room = None if wide else width
    lines = [*_title(chain, model, room), Text()]
    for index, version in enumerate(chain.versions):
        stands = standing(version, model, named)
        lines += _head(version, stands, room)
        lines += _in_gutter(_body(version, chain.before(index), stands, objects, room))
        lines.append(joined(_GUTTER))
    return [*lines, *_end(chain.end, model, room)]


def _title(chain: Chain, model: Model | None, room: int | None) -> Iterator[Text]:
    start = chain.versions[0]
    name, namespace = start.spec.model_ref.name, start.metadata.namespace
    if model is None:
        yield from _fold(styled((name, styles.NAME), f" in {namespace}: this Model does not exist any more"), room)
        return
    owners = f", owned by {', '.join(model.spec.owners)}" if model.spec.owners else ""
    yield from _fold(styled((name, styles.NAME), f" in {namespace}: {model.spec.prediction.task}{owners}"), room)
    candidate = model.status.candidate
    if candidate is not None and candidate.name != start.metadata.name:
        shares = f"{weights(candidate)} (asked, pods, requests)"
        told = f"candidate {candidate.name}: {stage(model, candidate)}, {shares}"
        yield from _fold(styled((told, styles.NOTICE)), room)


def _head(version: ModelVersion, stands: Standing, room: int | None) -> list[Text]:
    marker = styled((f"{_MARKERS.get(stands.word, _EARLIER)}  ", stands.style))
    since = f" since {utc(stands.since)}" if stands.since is not None else ""
    said = styled((version.metadata.name, styles.NAME), "   ", (f"{stands.word}{since}", stands.style))
    first, *rest = _fold(said, None if room is None else room - _GUTTER.cell_len)
    return [joined(marker, first), *(joined(_GUTTER, line) for line in rest)]


def _body(
    version: ModelVersion, before: ModelVersion | None, stands: Standing, objects: Objects, room: int | None
) -> Iterator[Text]:
    """The lines about one version, without the gutter."""
    wide, inner = room is None, None if room is None else room - _GUTTER.cell_len
    same = changes.unchanged_parts(version, before) if before is not None else ()
    said = (*_reason(stands), *causes(version, origin(version, objects)), *_changed(version, before))
    for fact in (*said, *facts(version, before, wide=wide)):
        lines = _fact(fact, inner, wide=wide)
        for line in lines:
            if fact.label in same:
                line.stylize(styles.QUIET)
        yield from lines
    metrics = metrics_table(version, before, inner, wide=wide)
    if metrics:
        yield Text()
    for line in metrics:
        yield from _fold(line, inner)


def _reason(stands: Standing) -> Iterator[Fact]:
    text = ": ".join(part for part in (stands.reason, stands.message) if part)
    if text:
        yield Fact("reason", (styled((text, stands.style)),))


def _changed(version: ModelVersion, before: ModelVersion | None) -> list[Fact]:
    if before is None:
        return []
    changed = changes.changed_parts(version, before)
    text = ", ".join(changed) if changed else "nothing that bears on a training"
    return [Fact("changed", (styled((text, styles.NOTICE if changed else "")),))]


def _fact(fact: Fact, inner: int | None, *, wide: bool) -> list[Text]:
    """Label, digest and words of a fact in their columns; words without a digest begin in its column."""
    label = padded(styled((fact.label, styles.LABEL)), _LABEL_WIDTH)
    indent = Text(" " * _LABEL_WIDTH)
    if wide and len(fact.digest) > SHORT_DIGEST:
        whole = [styled((fact.digest, styles.DIGEST)), *fact.lines]
        return [joined(label if index == 0 else indent, line) for index, line in enumerate(whole)]
    if fact.digest:
        label = joined(label, padded(styled((digest(fact.digest), styles.DIGEST)), _DIGEST_WIDTH))
        label = padded(label, _LABEL_WIDTH + _DIGEST_WIDTH)
        indent = Text(" " * (_LABEL_WIDTH + _DIGEST_WIDTH))
    lines = [part for line in fact.lines for part in _fold(line, None if inner is None else inner - indent.cell_len)]
    return [joined(label if index == 0 else indent, line) for index, line in enumerate(lines or [Text()])]


def _in_gutter(lines: Iterable[Text]) -> list[Text]:
    return [joined(_GUTTER, line) for line in lines]


def _end(end: End, model: Model | None, room: int | None) -> list[Text]:
    if end.reason == "First":
        return [styled(("╰─ the first version: no champion was there before it", styles.QUIET))]
    if end.reason == "Cycle":
        text = styled((f"╰─ back to {end.version}: these versions name each other as the one before", styles.BAD))
        return _fold(text, room)
    gone = styled((f"{_GONE}  {end.version}", styles.NAME), "   ", ("not in the registry any more", styles.NOTICE))
    if model is None:
        return _fold(gone, room)
    retain = model.spec.versions.retain
    return [*_fold(gone, room), styled((f"   {retain} versions are kept beside those in use", styles.QUIET))]


def _fold(text: Text, room: int | None) -> list[Text]:
    return [joined(text)] if room is None else folded(text, room)
