"""What is sent, and where to."""

from pathlib import Path

from pydantic import Field

from leeboard.api.base import SpecModel

NAME_PATTERN = r"^[^\x00-\x1f]{1,80}$"


class Segment(SpecModel):
    """A stretch of traffic: the rows of a parquet file, in their order, at an even pace.

    `rate` is in rows a second. A segment that loops begins again at its end until there is a next one.
    """

    name: str = Field(pattern=NAME_PATTERN)
    rows: Path
    rate: float = Field(gt=0, le=100_000)
    rows_per_request: int = Field(default=8, ge=1, le=10_000)
    loop: bool = False

    @property
    def interval(self) -> float:
        """Seconds from one request to the next."""
        return self.rows_per_request / self.rate


class Target(SpecModel):
    """The service that is asked and how: times in seconds.

    `keep_alive` connections are used again and again, each for `lifetime` seconds (0: for as long as the server keeps
    it); at most `short` requests at a time have a new connection each. No labels are sent without a `feedback_url`.
    """

    url: str = Field(pattern=r"^https?://[^\s/]+$")
    model: str = Field(min_length=1)
    feedback_url: str | None = None
    label_delay: float = Field(default=5.0, ge=0)
    keep_alive: int = Field(default=8, ge=1, le=500)
    short: int = Field(default=8, ge=1, le=500)
    lifetime: float = Field(default=20.0, ge=0)
    timeout: float = Field(default=5.0, gt=0)

    @property
    def infer_url(self) -> str:
        """Where predictions are asked for (Open Inference Protocol v2)."""
        return f"{self.url}/v2/models/{self.model}/infer"
