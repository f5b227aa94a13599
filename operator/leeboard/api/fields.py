"""Kinds of values that many fields share, each bounded so that the API server can check it."""

from typing import Annotated, Any

from pydantic import Field, StringConstraints

from leeboard.api import durations

Duration = Annotated[str, StringConstraints(min_length=2, max_length=32, pattern=durations.PATTERN)]
"""A span of time such as 90s, 10m, 1h30m or 7d."""

Decimal = Annotated[str, StringConstraints(min_length=1, max_length=32, pattern=r"^-?[0-9]+(\.[0-9]+)?$")]
"""A decimal number as a string: Kubernetes objects carry no floats."""

Figure = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^-?[0-9.]+(e[+-]?[0-9]+)?$")]
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

Uri = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=r"^[a-z0-9]+://.+$")]
"""An address with its scheme, such as s3://bucket/prefix/."""

FolderUri = Annotated[str, StringConstraints(min_length=1, max_length=1024, pattern=r"^[a-z0-9]+://.*/$")]
"""An address that ends in a slash."""

Quantity = Annotated[
    str, StringConstraints(min_length=1, max_length=32, pattern=r"^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$")
]
"""A Kubernetes quantity such as 500m, 2 or 1Gi."""

Text = Annotated[str, StringConstraints(max_length=1024)]
"""A text for people."""


def rules(*expressions: tuple[str, str]) -> dict[str, Any]:
    """CEL rules (expression, message) for a class or field, as extra of its JSON schema."""
    return {"x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in expressions]}


def list_map(key: str) -> dict[str, Any]:
    """A list whose items are told apart by one field, so that two appliers can own different items."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}


ATOMIC: dict[str, Any] = {"x-kubernetes-list-type": "atomic"}


def described(text: str, **extra: Any) -> Any:
    """A required field with its description."""
    return Field(description=text, **extra)
