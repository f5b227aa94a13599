"""What the installation, not a user's object, decides about the children."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Settings:
    """Values of the operator's own configuration that planners need.

    `runtime_image` runs fetch, publish and the evaluation; `server_image` serves. `flush_interval` is how often the
    exporter writes its window to object storage. `namespace` is the operator's own. `image_pull_secrets` are names of
    Secrets in the namespace of the workload. `gateway` tells whether it may make routes of the Gateway API.
    """

    runtime_image: str
    server_image: str
    flush_interval: timedelta = timedelta(seconds=60)
    namespace: str = "leeboard-system"
    image_pull_secrets: tuple[str, ...] = ()
    gateway: bool = False
