"""How many pods a candidate gets for a share of the requests, where a Service spreads them evenly over ready pods.

The champion keeps all its replicas during a canary, so that a rollback needs no new pod. The candidate gets between one
pod and as many as the champion: a share above 50 % is therefore answered with 50 %, and with n replicas the least
share is 1/(n + 1). The share that the replicas really give, and the one counted by the exporters, stand in status.
"""


def candidate_replicas(replicas: int, weight: int) -> int:
    """The number of candidate pods, 1 to `replicas`, whose share is nearest to `weight` percent; fewer on a tie."""

    def error(count: int) -> float:
        return abs(100 * count / (replicas + count) - weight)

    return min(range(1, replicas + 1), key=lambda count: (error(count), count))


def share(part: int, rest: int) -> int:
    """`part` of `part + rest` in whole percent; 0 where there is nothing."""
    whole = part + rest
    return round(100 * part / whole) if whole else 0
