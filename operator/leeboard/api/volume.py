"""Volumes that users may mount into pods: kinds that reach neither the node nor another namespace."""

from leeboard.api.base import LocalReference, SpecModel
from leeboard.api.cel import rules
from leeboard.api.fields import Quantity, described

_KINDS = ("configMap", "secret", "emptyDir", "persistentVolumeClaim")


class SecretVolume(SpecModel):
    """A Secret as files."""

    secret_name: str = described("Name of the Secret, in the same namespace.", min_length=1, max_length=253)


class EmptyDirectory(SpecModel):
    """A folder that lives as long as the pod."""

    size_limit: Quantity = described("The most it may hold, such as 1Gi.")


class Claim(SpecModel):
    """A PersistentVolumeClaim."""

    claim_name: str = described(
        "Name of the PersistentVolumeClaim, in the same namespace.", min_length=1, max_length=253
    )


class Volume(SpecModel):
    """A volume of one kind, and where the main container finds it."""

    model_config = SpecModel.model_config | {
        "json_schema_extra": rules(
            (
                f"[{', '.join(f'has(self.{kind})' for kind in _KINDS)}].filter(there, there).size() == 1",
                f"needs exactly one of {', '.join(_KINDS[:-1])} and {_KINDS[-1]}",
            ),
            (
                "!has(self.readOnly) || self.readOnly || !has(self.configMap) && !has(self.secret)",
                "a configMap and a secret are read-only",
            ),
        )
    }

    name: str = described(
        "Name of the volume.", min_length=1, max_length=50, pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
    )
    mount_path: str = described(
        "Folder in the container, below /mnt/, /srv/ or /data/, where images keep nothing.",
        min_length=1,
        max_length=256,
        json_schema_extra=rules(
            (
                "self.matches('^/(mnt|srv|data)(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$')",
                "must lie below /mnt/, /srv/ or /data/, and no part may begin with a dot",
            )
        ),
    )
    read_only: bool = described("False lets a persistentVolumeClaim be written; an emptyDir always is.", default=True)
    config_map: LocalReference | None = described("A ConfigMap as files.", default=None)
    secret: SecretVolume | None = described("A Secret as files.", default=None)
    empty_dir: EmptyDirectory | None = described("A folder that lives as long as the pod.", default=None)
    persistent_volume_claim: Claim | None = described("Storage that outlives the pod.", default=None)
