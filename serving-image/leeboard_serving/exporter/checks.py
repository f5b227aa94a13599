"""What observations have to be, beyond a well-formed frame, so that they can be counted."""

from leeboard_serving.exporter.references import References
from leeboard_serving.exporter.texts import is_moment
from leeboard_serving.observation import Observations
from leeboard_serving.unread import Unread

UNREAD = frozenset(Unread)


def check(observations: Observations, references: References) -> None:
    """Raises ValueError for observations that cannot be counted on the bins of the profile."""
    for told in observations.requests:
        if not is_moment(told.time) or not 0 <= told.seconds < float("inf"):
            raise ValueError(f"a request of {told.time} that took {told.seconds} s")
        if not 100 <= told.status <= 599:
            raise ValueError(f"a request with status {told.status}")
    if observations.dropped < 0:
        raise ValueError(f"{observations.dropped} requests dropped")
    if not observations.unread.keys() <= UNREAD or min(observations.unread.values(), default=0) < 0:
        raise ValueError("requests that are unread for no reason")
    for name, column in observations.inputs.items():
        reference = references.features.get(name)
        if reference is None:
            continue  # the profile has no bins for it
        if (reference.bins.kind == "Categorical") != (column.dtype == object):
            raise ValueError(f"input {name} is not {reference.bins.kind}")
