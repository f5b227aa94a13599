"""Where pods of a namespace keep the files of versions, so that the next pod need not download them."""

from leeboard.api.base import SpecModel
from leeboard.api.cel import rules
from leeboard.api.fields import Quantity, described
from leeboard.api.volume import Claim


class ArtifactCache(SpecModel):
    """A PersistentVolumeClaim that pods share, on one node or on many, as its access mode allows."""

    persistent_volume_claim: Claim = described(
        "The claim, which the container load alone mounts; every file that is taken from it is verified."
    )
    max_size: Quantity = described(
        "The most that it keeps; what was not used for longest goes first.",
        default="10Gi",
        json_schema_extra=rules(
            ("quantity(self).compareTo(quantity('1Mi')) >= 0", "must be at least 1Mi, in bytes"),
        ),
    )
