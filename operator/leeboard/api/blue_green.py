"""BlueGreen: what is special to the strategy that switches all requests at once."""

from leeboard.api.base import SpecModel
from leeboard.api.fields import Duration, described


class BlueGreen(SpecModel):
    """How long there is an instant way back."""

    scale_down_delay: Duration = described(
        "How long the champion before keeps all its pods after the switch, so that abort brings it back at once; "
        "30s at least, for connections that are still open.",
        default="10m",
    )
