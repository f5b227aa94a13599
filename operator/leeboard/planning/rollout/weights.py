"""How many pods a candidate gets for a share of the requests.

A Gateway sends it that share whatever its size. A Service spreads requests evenly over ready pods.

The champion keeps all its replicas during a canary, so that a rollback needs no new pod. The candidate gets between one
pod and as many as the champion: a share above 50 % is therefore answered with 50 %, and with n replicas the least
share is 1/(n + 1). The share that the replicas really give, and the one counted by the exporters, stand in status.
"""


def candidate_replicas(replicas: int, weight: int) -> int:
    """The number of candidate pods, 1 to `replicas`, whose share is nearest to `weight` percent; fewer on a tie."""

    def error(count: int) -> float:
        return abs(100 * count / (replicas + count) - weight)

    return min(range(1, replicas + 1), key=lambda count: (error(count), count))


def routed_replicas(replicas: int, weight: int) -> int:
    """The number of candidate pods for `weight` percent of what `replicas` pods carry, rounded up; at least 1."""
    return max(1, -(-replicas * weight // 100))


def unreachable(replicas: int, weight: int) -> int | None:
    """The share that a Service gives instead, where it is off by more than a factor of 2; else None. In percent."""
    count = candidate_replicas(replicas, weight)
    given = share(count, replicas)
    return given if max(given, weight) > 2 * min(given, weight) else None


def share(part: int, rest: int) -> int:
    """`part` of `part + rest` in whole percent; 0 where there is nothing."""
    whole = part + rest
    return round(100 * part / whole) if whole else 0
