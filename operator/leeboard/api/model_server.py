"""A server of one's own, which serves versions in the place of Leeboard's."""

from leeboard.api.base import SpecModel
from leeboard.api.cel import rules
from leeboard.api.fields import ATOMIC, NotNegativeDecimal, described

OWN_PORTS = (8080, 8081, 8082, 9090)
"""Ports of the pod that are Leeboard's."""


class ModelServer(SpecModel):
    """An image with a server of the Open Inference Protocol v2, before which Leeboard puts a proxy that observes it."""

    image: str = described(
        "Image of the server. It finds the files of the version below /leeboard/model/model.",
        min_length=1,
        max_length=512,
        pattern=r"^[a-z0-9][A-Za-z0-9._:/@-]*$",
    )
    command: tuple[str, ...] = described(
        "What the container runs; the image's own entry point without it. $(LEEBOARD_MODEL) and the other variables "
        "are put in.",
        default=(),
        max_length=64,
        json_schema_extra=ATOMIC,
    )
    args: tuple[str, ...] = described(
        "Arguments of the command, in which variables are put as in command.",
        default=(),
        max_length=64,
        json_schema_extra=ATOMIC,
    )
    port: int = described(
        "Port on which it answers, at the pod's address.",
        default=8000,
        ge=1,
        le=65535,
        json_schema_extra=rules(
            (f"!(self in {list(OWN_PORTS)})", f"{', '.join(map(str, OWN_PORTS))} are Leeboard's own in the pod")
        ),
    )
    tolerance: NotNegativeDecimal | None = described(
        "How far an answer to a golden sample may be off that at evaluation, absolute. Without it as for "
        "Leeboard's own server, 0.000001; a server that computes with 32 bits may need more.",
        default=None,
    )
