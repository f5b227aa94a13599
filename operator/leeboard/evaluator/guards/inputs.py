"""Evidence of the guard on inputs: what is missing from them, and what a version's reference has not."""

from collections.abc import Iterator, Sequence

import numpy as np

from leeboard.api.guard import Guard
from leeboard.evaluator.guards.evidence import LONGEST_NAME, Evidence, Rates, Share
from leeboard.evaluator.guards.look import Look, Side
from leeboard.evaluator.segment_figures import Segmented, observe_segments
from leeboard.stats.distributions import unlike

MOST_KEPT = 8
"""Parts that lie furthest out, of each end."""
_SMOOTHED = 0.5
_SURE = 4.0
"""Standard errors: about as far as the ends of intervals lie at usual alphas, to put parts in an order."""


def inputs(look: Look, guard: Guard, alpha: float) -> list[Evidence]:
    """Of every input that both versions have: missing values, and values that the version's own reference has not.

    With `by`, half of alpha is for the segments, shared out over the values that both references have.
    """
    whole = alpha / 2 if guard.by else alpha
    rows = [one.observed.rows for one in look.sides]
    if not all(rows):
        text = f"{rows[0]} rows of the candidate and {rows[1]} of the champion on the bins of their references"
        return [look.nothing(guard, whole, "Requests", text)]
    found = [_evidence(guard, list(_parts(*look.sides)), whole, "", (rows[0], rows[1]))]
    return [*found, *(_segments(look, guard, alpha / 2) if guard.by else ())]


def _parts(candidate: Side, champion: Side) -> Iterator[Rates]:
    for one in candidate.profile.features:
        name = one.distribution.name
        a, b = candidate.observed.features[name], champion.observed.features.get(name)
        if b is None:
            continue
        yield _rates(f"{name} missing", (a.missing, a.rows), (b.missing, b.rows))
        of_champion = next(it.distribution for it in champion.profile.features if it.distribution.name == name)
        strange = unlike(one.distribution, a), unlike(of_champion, b)
        if strange[0] is not None and strange[1] is not None:
            yield _rates(f"{name} not in the reference", strange[0], strange[1])


def _rates(of: str, a: tuple[int, int], b: tuple[int, int]) -> Rates:
    candidate, champion = (Share(failures=bad, trials=rows) for bad, rows in (a, b))
    return Rates(of=of[-LONGEST_NAME:], candidate=candidate, champion=champion)


def _segments(look: Look, guard: Guard, alpha: float) -> Iterator[Evidence]:
    a, b = (_segmented(one, str(guard.by)) for one in look.sides)
    if a is None or b is None:
        yield look.nothing(guard, alpha, "Figures", f"no segments by {guard.by}: train versions with it").model_copy(
            update={"segment": str(guard.by)}
        )
        return
    common = [text for text in a.reference.texts if text in b.reference.texts]
    for text in common:
        places = a.reference.texts.index(text), b.reference.texts.index(text)
        rows = int(a.window.rows[places[0]]), int(b.window.rows[places[1]])
        parts = list(_parts_within(a, b, places)) if all(rows) else []
        if parts:
            yield _evidence(guard, parts, alpha / len(common), f"{guard.by}={text}", rows)


def _segmented(side: Side, feature: str) -> Segmented | None:
    found = observe_segments(side.profile.segments, side.windows)
    return next((one for one in found if one.reference.feature == feature and one.reference.values), None)


def _parts_within(a: Segmented, b: Segmented, places: tuple[int, int]) -> Iterator[Rates]:
    others = {one.name: one for one in b.window.inputs}
    for one in a.window.inputs:
        if (other := others.get(one.name)) is not None:
            first, second = (
                (int(counted.missing[place]), int(whole.window.rows[place]))
                for counted, whole, place in ((one, a, places[0]), (other, b, places[1]))
            )
            yield _rates(f"{one.name} missing", first, second)


def _evidence(guard: Guard, parts: Sequence[Rates], alpha: float, segment: str, rows: tuple[int, int]) -> Evidence:
    return Evidence(
        guard=guard.type,
        segment=segment,
        alpha=alpha,
        looked_at=len(parts),
        parts=tuple(furthest(parts)),
        samples=rows,
    )


def furthest(parts: Sequence[Rates]) -> list[Rates]:
    """Those whose interval has about the greatest low and the greatest high end: the others change no figure."""
    if len(parts) <= 2 * MOST_KEPT:
        return list(parts)
    bad, rows = (
        np.array([[getattr(side, of) for side in (one.candidate, one.champion)] for one in parts], dtype=np.float64)
        for of in ("failures", "trials")
    )
    shares = (bad + _SMOOTHED) / (rows + 2 * _SMOOTHED)
    errors = np.sqrt((shares * (1 - shares) / np.maximum(rows, 1)).sum(axis=1))
    middle = shares[:, 0] - shares[:, 1]
    by_low, by_high = (np.argsort(-(middle + sign * _SURE * errors), kind="stable") for sign in (-1, 1))
    kept = dict.fromkeys([*by_low[:MOST_KEPT].tolist(), *by_high[:MOST_KEPT].tolist()])
    return [parts[place] for place in kept]
