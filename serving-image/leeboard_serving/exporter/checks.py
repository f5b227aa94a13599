"""What an observation has to be, beyond a well-formed frame, so that it can be counted."""

from leeboard_serving.exporter.references import References
from leeboard_serving.exporter.texts import is_moment
from leeboard_serving.observation import Column, Observation


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
        if (reference.bins.kind == "Categorical") != (column.dtype == object) or not _holds_texts(column):
            raise ValueError(f"input {name} is not {reference.bins.kind}")


def _holds_texts(column: Column) -> bool:
    """False for the one other thing that a frame can bring into a column of texts: one JSON object in every row."""
    return column.dtype != object or not len(column) or column[0] is None or isinstance(column[0], str)
