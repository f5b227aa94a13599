"""What the four kinds share: how an object is read, and the parts of its metadata and status that planning uses."""

from datetime import datetime
from typing import Any, ClassVar, Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

GROUP = "leeboard.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"


class SpecModel(BaseModel):
    """A frozen part of a spec or status: camelCase outside, snake_case inside, unknown fields ignored.

    Unknown fields are ignored because a newer API server may serve fields that this operator does not know yet.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    def dump(self) -> dict[str, Any]:
        """As the API server speaks it: camelCase, absent where None, times as RFC 3339."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class OwnerReference(SpecModel):
    """Who owns an object."""

    api_version: str
    kind: str
    name: str
    uid: str


class ObjectMeta(SpecModel):
    """The metadata that planning reads."""

    name: str
    namespace: str = ""
    uid: str = ""
    generation: int = 0
    resource_version: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] = ()


class Condition(SpecModel):
    """One aspect of an object's state, as Kubernetes writes it."""

    type: str = Field(max_length=64, description="Name of the aspect, for example Ready.")
    status: str = Field(
        max_length=16,
        description="Whether it holds: True, False or Unknown.",
        json_schema_extra={"enum": ["True", "False", "Unknown"]},
    )
    reason: str = Field(default="", max_length=128, description="Why, as one CamelCase word.")
    message: str = Field(default="", max_length=4096, description="Why, for a person, with a hint at the fix.")
    observed_generation: int = Field(default=0, description="The generation of the spec this was concluded from.")
    last_transition_time: datetime | None = Field(default=None, description="When the status last changed.")


class LocalReference(SpecModel):
    """The name of an object in the same namespace."""

    name: str = Field(min_length=1, max_length=253, description="Name of the object, in the same namespace.")


SpecT = TypeVar("SpecT", bound=SpecModel)
StatusT = TypeVar("StatusT", bound=SpecModel)


class Resource(SpecModel, Generic[SpecT, StatusT]):
    """One object of a kind. Subclasses name their spec, status, kind and short name."""

    KIND: ClassVar[str]
    PLURAL: ClassVar[str]
    SHORT_NAME: ClassVar[str]
    RULES: ClassVar[dict[str, Any]] = {}
    """CEL rules about the object as a whole."""

    api_version: str = API_VERSION
    kind: str
    metadata: ObjectMeta
    spec: SpecT
    status: StatusT

    @classmethod
    def parse(cls, raw: dict[str, Any]) -> Self:
        """Read an object as the API server gives it. Raises pydantic.ValidationError where a field is malformed."""
        return cls.model_validate({**raw, "status": raw.get("status") or {}})

    def condition(self, kind: str) -> Condition | None:
        """The condition of that type, or None."""
        conditions: tuple[Condition, ...] = getattr(self.status, "conditions", ())
        return next((c for c in conditions if c.type == kind), None)
