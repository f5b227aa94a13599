"""Assignment: how it is known which version a caller belongs to."""

from typing import Literal

from leeboard.api.base import SpecModel
from leeboard.api.cel import rules
from leeboard.api.fields import described

BUCKET_HEADER = "x-leeboard-bucket"
COOKIE = "leeboard-arm"


class Assignment(SpecModel):
    """What in a request tells whose it is."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                "self.type != 'Bucket' || !has(self.name) || self.name.matches('^[a-z0-9-]+$')",
                "the name of a header is written in a-z, 0-9 and -",
            )
        )
    }

    type: Literal["Bucket", "Cookie"] = described(
        "Bucket: the caller sends a hash of its id in a header. Cookie: the Gateway gives every new caller a cookie.",
        default="Bucket",
    )
    name: str | None = described(
        f"Name of the header or cookie; {BUCKET_HEADER} or {COOKIE} where absent.",
        default=None,
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9_-]+$",
    )

    @property
    def named(self) -> str:
        """The name of the header or cookie."""
        return self.name or (BUCKET_HEADER if self.type == "Bucket" else COOKIE)
