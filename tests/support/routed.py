"""A Model whose requests come by a Gateway, with a canary of two stages."""

from typing import Any

from tests.support.examples import example
from tests.support.model_world import World

STEPS = [{"weight": 10, "duration": "10m"}, {"weight": 50, "duration": "10m"}]
ROLLOUT = {
    "strategy": "Canary",
    "steps": STEPS,
    "analysis": {"minSamples": 500, "guards": [{"type": "ErrorRate", "margin": "0.01"}]},
}
GATEWAY: dict[str, Any] = {"parentRefs": [{"name": "public", "namespace": "web"}], "hostnames": ["flights.example"]}


def gateway_world(*versions: str, gateway: dict[str, Any] = GATEWAY, **spec: Any) -> World:
    """Four pods; the versions are registered one after the other, each when all before have settled."""
    serving = example("model")["spec"]["serving"] | {"replicas": 4}
    world = World(
        **{"rollout": ROLLOUT, "serving": serving, "traffic": {"mode": "Gateway", "gateway": gateway}, **spec}
    )
    for version in versions:
        world.add_version(version)
        world.settle()
    return world
