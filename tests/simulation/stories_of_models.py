"""Stories of a Model: every way from one champion to the next."""

from __future__ import annotations

from typing import Any

from tests.support.examples import example
from tests.support.simulation.story import Step, Story
from tests.support.simulation.world import NAME, World

STAGES = [{"weight": 33, "duration": "10m"}, {"weight": 50, "duration": "10m"}]
CANARY = {
    "strategy": "Canary",
    "steps": STAGES,
    "analysis": {"minSamples": 500, "guards": [{"type": "ErrorRate", "margin": "0.01"}]},
}
IMPATIENT = CANARY | {"analysis": {**CANARY["analysis"], "maxDuration": "20m"}}
BLUE_GREEN = {"strategy": "BlueGreen"}
REPLACE = {"strategy": "Replace"}
FIXED = example("model")["spec"]["serving"]
AUTOSCALED = FIXED | {"autoscaling": {"min": 2, "max": 8}}
GATES = [{"type": "Threshold", "metric": "roc_auc", "min": "0.60"}]


def status(world: World) -> dict[str, Any]:
    """The Model's status."""
    found: dict[str, Any] = world.kube.live("Model", NAME)["status"]
    return found


def champion(world: World) -> str:
    """Who serves, by status and by the Service."""
    name: str = status(world)["champion"]["name"]
    assert world.kube.live("Service", NAME)["spec"]["selector"]["leeboard.dev/version"] == name
    return name


def versions_with_pods(world: World) -> set[str]:
    """The versions that have a Deployment."""
    return {one["metadata"]["labels"]["leeboard.dev/version"] for one in world.kube.of_kind("Deployment")}


def adopted(rollout: dict[str, Any], **spec: Any) -> list[Step]:
    """A Model and its first version."""
    return [
        Step("a Model is created", lambda world: world.add_model(rollout=rollout, **spec), 10),
        Step("its first version is registered", lambda world: world.add_version("v1"), 60),
    ]


def healthy(world: World) -> None:
    """Figures in which the candidate does as well as the champion."""
    world.rollout_figures((4000, 4), (8000, 8))


def undecided(world: World) -> None:
    """Figures that tell neither way."""
    world.rollout_figures((510, 1), (1000, 0))


def failing(world: World) -> None:
    """Figures in which every tenth request to the candidate fails."""
    world.rollout_figures((4000, 400), (8000, 8))


def end(who: str, *, pods: set[str], quarantined: list[str] | None = None) -> Any:
    """The champion, the versions with pods, and the quarantined ones of a story's end."""

    def check(world: World) -> None:
        assert champion(world) == who
        assert versions_with_pods(world) == pods
        assert [one["name"] for one in status(world).get("quarantined", [])] == (quarantined or [])
        assert ("Service", "ml", f"{NAME}-candidate") not in world.kube.objects

    return check


SECOND = Step("a second version is registered", lambda world: world.add_version("v2"), 60)
WHOLE_CANARY = [
    SECOND,
    Step("the evaluator sees nothing wrong in the first stage", healthy, 640),
    Step("nor in the second", healthy, 700),
]

BLUE_GREEN_SWITCH = [*adopted(BLUE_GREEN), SECOND]


def pods_of_both(world: World) -> None:
    """A candidate that cannot be told apart from the champion by its pods."""
    assert versions_with_pods(world) == {"v1", "v2"}


def grows_in_its_canary(world: World) -> None:
    """The champion has the pods with which the canary began, whatever it uses."""
    healthy(world)
    world.behave(busy=5)
    (champion,) = (one for one in world.kube.of_kind("Deployment") if one["metadata"]["name"].endswith("v1"))
    assert champion["spec"]["replicas"] == 4


def is_scaled_to(pods: int) -> Any:
    """v2 serves with so many pods."""

    def check(world: World) -> None:
        assert champion(world) == "v2"
        (one,) = world.kube.of_kind("Deployment")
        assert (one["spec"]["replicas"], len(world.kube.of_kind("HorizontalPodAutoscaler"))) == (pods, 1)

    return check


def is_staged(world: World) -> None:
    """v2 has pods, a Service of its own, and no place behind that of callers."""
    assert versions_with_pods(world) == {"v1", "v2"}
    assert status(world)["candidate"]["phase"] == "Staged"
    assert world.kube.live("Service", f"{NAME}-candidate")["spec"]["selector"]["leeboard.dev/version"] == "v2"
    assert champion(world) == "v1"


def waits_for_approval(world: World) -> None:
    """The champion stays until somebody approves."""
    assert champion(world) == "v1"
    assert {one["type"] for one in status(world)["conditions"]} >= {"AwaitingApproval", "Ready"}
    assert world.kube.live("ModelVersion", "v2")["status"]["phase"] == "AwaitingApproval"


def loses_its_status(world: World) -> None:
    """A restore without statuses."""
    world.kube.set_status("Model", NAME, {})


def is_rejected(version: str) -> Any:
    """The version was refused, and v1 serves."""

    def check(world: World) -> None:
        assert champion(world) == "v1"
        assert versions_with_pods(world) == {"v1"}
        assert world.kube.live("ModelVersion", version)["status"]["phase"] == "Rejected"

    return check


def keeps(*names: str) -> Any:
    """The versions that are still registered."""

    def check(world: World) -> None:
        assert {raw["metadata"]["name"] for raw in world.kube.of_kind("ModelVersion")} == set(names)
        assert champion(world) == names[-1]

    return check


def nothing_is_left(world: World) -> None:
    """The children of a deleted Model are gone, its versions stay."""
    assert {raw["kind"] for raw in world.kube.objects.values()} - {"Event"} == {"ModelVersion"}


def has_four_pods(world: World) -> None:
    """Both the Deployment and the condition say so."""
    assert champion(world) == "v1"
    assert len(world.kube.of_kind("Pod")) == 4


def is_bad(name: str) -> Any:
    """Registers a version whose metric is too low."""

    def act(world: World) -> None:
        metric = {"name": "roc_auc", "value": "0.51", "low": "0.50", "high": "0.52", "dataset": "holdout"}
        world.add_version(name, metrics=[metric])

    return act


def approve(name: str) -> Any:
    """A person approves a version."""
    return lambda world: world.kube.annotate("ModelVersion", name, approved_by="ada")


STORIES = [
    Story("first adoption", adopted(CANARY), end("v1", pods={"v1"})),
    Story(
        "a canary of two stages is promoted, and the version before drains",
        [*adopted(CANARY), *WHOLE_CANARY],
        end("v2", pods={"v2"}),
    ),
    Story(
        "a guard rolls the second stage back, and the version is quarantined",
        [*adopted(CANARY), SECOND, Step("all is well", healthy, 640), Step("errors come", failing, 90)],
        end("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "an analysis without a verdict in time holds the candidate until somebody promotes it",
        [
            *adopted(IMPATIENT),
            SECOND,
            Step("too little is known", undecided, 1300),
            Step("all is well, too late", healthy, 700),
            Step("somebody promotes", lambda world: world.command(promote="1"), 120),
        ],
        end("v2", pods={"v2"}),
    ),
    Story(
        "a candidate that is held is still rolled back by its guards",
        [*adopted(IMPATIENT), SECOND, Step("too little is known", undecided, 1300), Step("errors come", failing, 90)],
        end("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "abort by command in the first stage",
        [*adopted(CANARY), SECOND, Step("somebody aborts", lambda world: world.command(abort="1"), 90)],
        end("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "promotion by command in the first stage",
        [*adopted(CANARY), SECOND, Step("somebody promotes", lambda world: world.command(promote="1"), 120)],
        end("v2", pods={"v2"}),
    ),
    Story(
        "a pause holds the first stage until it is lifted",
        [
            *adopted(CANARY),
            SECOND,
            Step("somebody pauses", lambda world: world.command(pause="true"), 60),
            Step("all is well", healthy, 900),
            Step("the pause is lifted", lambda world: world.command(pause="false"), 60),
            Step("all is well in the second stage", healthy, 700),
        ],
        end("v2", pods={"v2"}),
    ),
    Story(
        "a third version overtakes the candidate",
        [
            *adopted(CANARY),
            SECOND,
            Step("a third version is registered", lambda world: world.add_version("v3"), 120),
            Step("all is well", healthy, 640),
            Step("still", healthy, 700),
        ],
        end("v3", pods={"v3"}),
    ),
    Story(
        "a candidate that cannot load is rolled back",
        [
            *adopted(CANARY),
            Step("the next version will not load", lambda world: world.behave(broken=frozenset({"v2"})), 1),
            Step("it is registered", lambda world: world.add_version("v2"), 120),
        ],
        end("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "a candidate that is not ready in time is rolled back",
        [
            *adopted(CANARY),
            Step("the next version will hang", lambda world: world.behave(slow=frozenset({"v2"})), 1),
            Step("it is registered", lambda world: world.add_version("v2"), 400),
        ],
        end("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "blue and green are switched, and the version before stays for ten minutes",
        [*BLUE_GREEN_SWITCH, Step("ten minutes pass", pods_of_both, 660)],
        end("v2", pods={"v2"}),
    ),
    Story(
        "blue and green are switched, and switched back by abort",
        [*BLUE_GREEN_SWITCH, Step("somebody aborts", lambda world: world.command(abort="1"), 90)],
        end("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "a candidate is staged for a while, and its canary begins by itself",
        [
            *adopted(CANARY | {"staging": {"duration": "5m"}}),
            Step("a second version is registered", lambda world: world.add_version("v2"), 120),
            Step("nobody's request reaches it", is_staged, 200),
            Step("all is well in the first stage", healthy, 640),
            Step("and in the second", healthy, 700),
        ],
        end("v2", pods={"v2"}),
    ),
    Story(
        "a candidate is held in staging until somebody lets it go",
        [
            *adopted(CANARY | {"staging": {"hold": True}}),
            SECOND,
            Step("hours pass", is_staged, 15_000),
            Step("somebody lets it go", lambda world: world.command(promote="staged/1"), 60),
            Step("all is well in the first stage", healthy, 640),
            Step("and in the second", healthy, 700),
        ],
        end("v2", pods={"v2"}),
    ),
    Story(
        "a candidate is dropped in staging",
        [
            *adopted(BLUE_GREEN | {"staging": {"hold": True}}),
            SECOND,
            Step("somebody aborts", lambda world: world.command(abort="1"), 90),
        ],
        end("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "green is looked at before the switch, and switched back within the delay",
        [
            *adopted(BLUE_GREEN | {"staging": {"hold": True}, "blueGreen": {"scaleDownDelay": "1h"}}),
            SECOND,
            Step("somebody switches", lambda world: world.command(promote="1"), 3000),
            Step("both have pods still", pods_of_both, 10),
            Step("somebody aborts", lambda world: world.command(abort="1"), 90),
        ],
        end("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "the delay after a switch is over",
        [
            *adopted(BLUE_GREEN | {"blueGreen": {"scaleDownDelay": "2m"}}),
            SECOND,
            Step("two minutes pass", pods_of_both, 150),
            Step("it is too late for abort", lambda world: world.command(abort="1"), 30),
        ],
        end("v2", pods={"v2"}),
    ),
    Story(
        "a third version overtakes a staged candidate",
        [
            *adopted(BLUE_GREEN | {"staging": {"hold": True}}),
            SECOND,
            Step("a third version is registered", lambda world: world.add_version("v3"), 120),
            Step("it is switched to", lambda world: world.command(promote="1"), 700),
        ],
        end("v3", pods={"v3"}),
    ),
    Story(
        "a champion is autoscaled, held through a canary, and its successor scaled from there",
        [
            *adopted(CANARY, serving=AUTOSCALED),
            Step("the load grows", lambda world: world.behave(busy=4), 60),
            Step("a second version is registered", lambda world: world.add_version("v2"), 60),
            Step("all is well, and the load grows", grows_in_its_canary, 640),
            Step("and in the second stage", healthy, 700),
        ],
        is_scaled_to(5),
    ),
    Story(
        "autoscaling is asked for, and given up",
        [
            *adopted(BLUE_GREEN),
            Step("it is asked for", lambda world: world.kube.edit("Model", NAME, serving=AUTOSCALED), 60),
            Step("the load grows", lambda world: world.behave(busy=4), 60),
            SECOND,
            Step("somebody aborts", lambda world: world.command(abort="1"), 90),
            Step("it is given up", lambda world: world.kube.edit("Model", NAME, serving=FIXED), 60),
        ],
        end("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story("a version replaces another", [*adopted(REPLACE), SECOND], end("v2", pods={"v2"})),
    Story(
        "a third version while the one before still drains",
        [*adopted(REPLACE), SECOND, Step("a third version", lambda world: world.add_version("v3"), 120)],
        end("v3", pods={"v3"}),
    ),
    Story(
        "an older version is pinned, and the pin is taken away",
        [
            *adopted(REPLACE),
            SECOND,
            Step(
                "v1 is pinned",
                lambda world: world.kube.edit("Model", NAME, promotion={"policy": "Pinned", "version": "v1"}),
                120,
            ),
            Step(
                "the pin is taken away",
                lambda world: world.kube.edit("Model", NAME, promotion={"policy": "Automatic", "gates": GATES}),
                120,
            ),
        ],
        end("v2", pods={"v2"}),
    ),
    Story(
        "a version waits for approval and gets it",
        [
            *adopted(REPLACE, promotion={"policy": "Approval", "gates": GATES}),
            Step("v1 is approved", approve("v1"), 60),
            SECOND,
            Step("time passes", waits_for_approval, 60),
            Step("v2 is approved", approve("v2"), 120),
        ],
        end("v2", pods={"v2"}),
    ),
    Story(
        "a gate refuses a version",
        [*adopted(CANARY), Step("a bad version is registered", is_bad("v2"), 60)],
        is_rejected("v2"),
    ),
    Story(
        "more versions than are to be kept",
        [
            *adopted(REPLACE, versions={"retain": 1}),
            SECOND,
            Step("a third version", lambda world: world.add_version("v3"), 120),
            Step("a fourth version", lambda world: world.add_version("v4"), 120),
        ],
        # v3 is the one to go back to, and v2 the one that is kept beside those in use
        keeps("v2", "v3", "v4"),
    ),
    Story(
        "a rollback by command, to the champion before",
        [*adopted(REPLACE), SECOND, Step("somebody goes back", lambda world: world.command(rollback="1"), 120)],
        end("v1", pods={"v1"}, quarantined=["v2"]),
    ),
    Story(
        "a version that was rolled back gets another rollout by command",
        [
            *adopted(CANARY),
            SECOND,
            Step("somebody aborts", lambda world: world.command(abort="1"), 90),
            Step("and tries again", lambda world: world.command(retry="1"), 60),
            Step("all is well", healthy, 640),
            Step("still", healthy, 700),
        ],
        end("v2", pods={"v2"}),
    ),
    Story(
        "a lost status is read off the Service",
        [*adopted(CANARY), *WHOLE_CANARY, Step("the status is lost", loses_its_status, 120)],
        end("v2", pods={"v2"}),
    ),
    Story(
        "the champion grows",
        [
            *adopted(CANARY),
            Step("four pods are asked for", lambda world: world.scale(4), 60),
        ],
        has_four_pods,
    ),
    Story(
        "a Model is deleted in the middle of a canary",
        [*adopted(CANARY), SECOND, Step("it is deleted", lambda world: world.delete("Model"), 60)],
        nothing_is_left,
    ),
]
