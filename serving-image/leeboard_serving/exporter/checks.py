"""What an observation has to be, beyond a well-formed frame, so that it can be counted."""

from leeboard_serving.exporter.references import References
from leeboard_serving.exporter.texts import is_moment
from leeboard_serving.observation import Observation


def check(observation: Observation, references: References) -> None:
    """Raises ValueError for an observation that cannot be counted on the bins of the profile."""
    if not is_moment(observation.time) or not 0 <= observation.seconds < float("inf"):
        raise ValueError(f"an observation of {observation.time} that took {observation.seconds} s")
    if not 100 <= observation.status <= 599 or observation.dropped < 0:
        raise ValueError(f"an observation with status {observation.status}, {observation.dropped} dropped")
    for name, column in observation.inputs.items():
        reference = references.features.get(name)
        if reference is None:
            continue  # the profile has no bins for it
        if (reference.bins.kind == "Categorical") != (column.dtype == object):
            raise ValueError(f"input {name} is not {reference.bins.kind}")
