"""Traffic: how requests reach the versions of a Model."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from leeboard.api.base import SpecModel
from leeboard.api.cel import rules
from leeboard.api.fields import ATOMIC, described

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"

Hostname = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=rf"^(\*\.)?{_LABEL}(\.{_LABEL})*$")]
"""A DNS name, whose first label may be `*`: the Gateway API's Hostname."""

ObjectName = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=rf"^{_LABEL}(\.{_LABEL})*$")]
"""The name of an object, or of a Gateway's listener."""

Namespace = Annotated[str, StringConstraints(min_length=1, max_length=63, pattern=rf"^{_LABEL}$")]
"""The name of a namespace."""

PathPrefix = Annotated[
    str, StringConstraints(min_length=1, max_length=512, pattern=r"^(/|(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+)$")
]
"""A path of whole segments, without a slash at its end."""

_DISTINCT = rules(("self.all(p, self.exists_one(q, q == p))", "the same Gateway and listener stand there twice"))


class ParentReference(SpecModel):
    """A Gateway, or one of its listeners."""

    name: ObjectName = described("Name of the Gateway.")
    namespace: Namespace | None = described("Its namespace; the Model's where absent.", default=None)
    section_name: ObjectName | None = described("Name of one of its listeners; all of them where absent.", default=None)
    port: int | None = described("Port of its listeners; any where absent.", default=None, ge=1, le=65535)


Parents = Annotated[
    tuple[ParentReference, ...], Field(min_length=1, max_length=8, json_schema_extra=ATOMIC | _DISTINCT)
]


class GRPCTraffic(SpecModel):
    """Where calls by gRPC come in: the Gateway API keeps them apart from others by their names of hosts."""

    hostnames: tuple[Hostname, ...] = described(
        "Names of hosts of the calls by gRPC.", min_length=1, max_length=16, json_schema_extra=ATOMIC
    )
    parent_refs: Parents | None = described(
        "Gateways that take them; those of gateway.parentRefs where absent.", default=None
    )


class Gateway(SpecModel):
    """Where a Gateway takes requests to the Model."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                "!has(self.grpc) || has(self.grpc.parentRefs) || (has(self.hostnames) && size(self.hostnames) > 0"
                " && self.grpc.hostnames.all(h, !(h in self.hostnames)))",
                "on the same Gateway grpc.hostnames and hostnames have to be different names: a host is of one kind",
            )
        )
    }

    parent_refs: Parents = described("Gateways that the route is attached to.")
    hostnames: tuple[Hostname, ...] = described(
        "Names of hosts of the requests; any that the Gateway takes where empty.",
        default=(),
        max_length=16,
        json_schema_extra=ATOMIC,
    )
    path: PathPrefix = described(
        "Where the paths of requests begin; it is taken away before the server sees them.", default="/"
    )
    grpc: GRPCTraffic | None = described("Where calls by gRPC come in; nowhere where absent.", default=None)


class Traffic(SpecModel):
    """How requests reach the versions."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                "(self.mode == 'Gateway') == has(self.gateway)",
                "traffic.gateway belongs to mode Gateway, and Gateway needs it",
            )
        )
    }

    mode: Literal["Service", "Gateway"] = described(
        "Service: one Service spreads requests evenly over pods, so that shares are those of pods. Gateway: a route of "
        "the Gateway API has the exact shares; the Service reaches the champion alone.",
        default="Service",
    )
    gateway: Gateway | None = described("Where a Gateway takes requests.", default=None)
