"""Kinds of values that many fields share, each bounded so that the API server can check it."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from leeboard.api import durations
from leeboard.api.cel import rules

Duration = Annotated[str, StringConstraints(min_length=2, max_length=32, pattern=durations.PATTERN)]
"""A span of time such as 90s, 10m, 1h30m or 7d."""

PositiveDuration = Annotated[
    Duration, Field(json_schema_extra=rules(("self.matches('[1-9]')", "must be longer than zero")))
]
"""A span of time that is not empty."""

Decimal = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
"""A decimal number as a string: Kubernetes objects carry no floats."""

PositiveDecimal = Annotated[
    Decimal, Field(json_schema_extra=rules(("double(self) > 0.0", "must be greater than zero")))
]
"""A decimal number above zero."""

NotNegativeDecimal = Annotated[Decimal, Field(json_schema_extra=rules(("double(self) >= 0.0", "must not be negative")))]
"""A decimal number that may be zero."""

Share = Annotated[
    Decimal,
    Field(json_schema_extra=rules(("double(self) >= 0.0 && double(self) <= 1.0", "must lie between 0 and 1"))),
]
"""A part of a whole, 0 to 1."""

PositiveShare = Annotated[
    Decimal,
    Field(
        json_schema_extra=rules(("double(self) > 0.0 && double(self) <= 1.0", "must be greater than 0 and at most 1"))
    ),
]
"""A part of a whole that is not empty."""

Probability = Annotated[
    Decimal,
    Field(
        json_schema_extra=rules(("double(self) > 0.0 && double(self) < 1.0", "must lie between 0 and 1, without both"))
    ),
]
"""A chance that is neither impossible nor certain."""

Figure = Annotated[
    str, StringConstraints(min_length=1, max_length=40, pattern=r"^-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]{1,3})?$")
]
"""A measured number as a string, with an exponent where it is very small or large."""

Name = Annotated[
    str, StringConstraints(min_length=1, max_length=63, pattern=r"^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$")
]
"""A short identifier: letters, digits, underscore, dot and dash."""

Column = Annotated[str, StringConstraints(min_length=1, max_length=128)]
"""The name of a column or feature."""

Digest = Annotated[str, StringConstraints(max_length=71, pattern=r"^sha256:[0-9a-f]{64}$")]
"""sha256: and 64 hexadecimal digits."""

Commit = Annotated[str, StringConstraints(max_length=40, pattern=r"^[0-9a-f]{40}$")]
"""A Git commit in full."""

_BUCKET = ("self.matches('^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/')", "must begin with s3://<bucket>/")

Uri = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=r"^[a-z0-9]+://.+$")]
"""An address with its scheme, such as s3://bucket/prefix/."""

FolderUri = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=r"^[a-z0-9]+://.*/$")]
"""An address that ends in a slash."""

ObjectUri = Annotated[Uri, Field(json_schema_extra=rules(_BUCKET))]
"""A place in a bucket. The API server takes no other scheme; files on disk are for tests alone."""

BucketFolderUri = Annotated[FolderUri, Field(json_schema_extra=rules(_BUCKET))]
"""A folder in a bucket, ending in a slash."""

WebUrl = Annotated[
    Uri,
    Field(
        json_schema_extra=rules(
            ("self.matches('^https?://[^@ ]+$')", "must begin with http:// or https:// and hold no credentials")
        )
    ),
]
"""An address of the web, without user and password: those belong into a Secret."""

Quantity = Annotated[
    str, StringConstraints(min_length=1, max_length=32, pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$")
]
"""A Kubernetes quantity such as 500m, 2 or 1Gi."""

LabelValue = Annotated[str, StringConstraints(max_length=63, pattern=r"^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$")]
"""The value of a label: at most 63 letters, digits, underscores, dots and dashes."""

LONGEST_TEXT = 1024
"""Characters of a text for people in a status or an Event."""
Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]
"""A text for people."""


def list_map(key: str) -> dict[str, Any]:
    """A list whose items are told apart by one field, so that two appliers can own different items."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}


ATOMIC: dict[str, Any] = {"x-kubernetes-list-type": "atomic"}
SET: dict[str, Any] = {"x-kubernetes-list-type": "set"}


def described(text: str, **extra: Any) -> Any:
    """A required field with its description."""
    return Field(description=text, **extra)
