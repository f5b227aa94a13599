"""Evidence of the guards on failed requests and on latency, from the windows of both versions."""

import numpy as np

from leeboard.api.guard import Guard
from leeboard.evaluator.guards import blocks
from leeboard.evaluator.guards.evidence import Evidence, Latencies, Rates, Share
from leeboard.evaluator.guards.look import Look, Side
from leeboard.evaluator.model_figures import Traffic


def failed_requests(look: Look, guard: Guard, alpha: float) -> list[Evidence]:
    """Of all requests."""
    a, b = (_failures(one) for one in look.sides)
    message = f"{a.failures}/{a.trials} against {b.failures}/{b.trials} failed"
    part = Rates(candidate=a, champion=b, blocks=_blocks(look))
    return [Evidence(guard=guard.type, alpha=alpha, parts=(part,), samples=(a.trials, b.trials), message=message)]


def _failures(side: Side) -> Share:
    return Share(failures=sum(one.errors for one in side.windows), trials=side.requests)


def _blocks(look: Look) -> tuple[tuple[int, int, int, int], ...]:
    until = blocks.ends(look.since, look.now)
    columns: list[list[int]] = []
    for side in look.sides:
        places = blocks.blocks_of((one.end.timestamp() for one in side.windows), until)
        for counts in ((one.errors for one in side.windows), (one.requests for one in side.windows)):
            found = blocks.totals(np.fromiter(counts, dtype=np.float64), places, len(until))
            columns.append(found.astype(np.int64).tolist())
    return tuple((a, b, c, d) for a, b, c, d in zip(*columns, strict=True) if b or d)


def latencies(look: Look, guard: Guard, alpha: float) -> list[Evidence]:
    """Requests by latency; exporters of both versions have to count on the same edges."""
    a, b = (Traffic.of(one.windows).latencies for one in look.sides)
    both = [edges for edges in a if edges in b and a[edges].sum() and b[edges].sum()]
    if not both:
        return [look.nothing(guard, alpha, "Requests", "no latencies of both versions on the same edges yet")]
    edges = max(both, key=lambda one: int(a[one].sum()))
    candidate, champion = tuple(a[edges].tolist()), tuple(b[edges].tolist())
    part = Latencies(edges=edges, candidate=candidate, champion=champion)
    samples = (sum(candidate), sum(champion))
    return [Evidence(guard=guard.type, unit="ratio", alpha=alpha, parts=(part,), samples=samples)]
