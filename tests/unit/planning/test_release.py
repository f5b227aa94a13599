"""A newer Leeboard that writes pods otherwise leaves those that serve as they are, until users want something else."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.planning.serving import release
from leeboard.planning.serving.deployment import deployment
from leeboard.planning.serving.pod import Adopted, pod_template
from tests.support.examples import example, model_version, put
from tests.support.model_world import World
from tests.unit.planning.test_pinned_images import canary, images, templates, world_of

Document = dict[str, Any]
ADOPTED = Adopted("server@sha256:1", timedelta(seconds=2), ("pull",))


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Calling it upgrades Leeboard to a release whose pods have one more variable."""

    def upgrade() -> None:
        def of_newer_release(model: Model, version: ModelVersion, adopted: Adopted) -> Document:
            template = pod_template(model, version, adopted)
            (server,) = template["spec"]["containers"]
            server["env"] = [*server["env"], {"name": "LEEBOARD_NEW", "value": "1"}]
            return template

        monkeypatch.setattr(release, "pod_template", of_newer_release)

    return upgrade


def is_new(one: Document) -> bool:
    return "LEEBOARD_NEW" in str(one["spec"]["template"])


def model(**changes: Any) -> Model:
    document = example("model")
    document["metadata"] |= {"namespace": "ml", "uid": "m-uid"}
    for path, value in changes.items():
        document = put(document, path.replace("__", "."), value)
    return Model.parse(document)


def applied(asked: Model, live: Document | None = None, adopted: Adopted = ADOPTED, replicas: int = 2) -> Document:
    return deployment(asked, ModelVersion.parse(model_version("v1")), adopted, replicas, live)


def of_version(world: World, version: str) -> Document:
    (found,) = [
        one for one in world.deployments.values() if one["metadata"]["labels"]["leeboard.dev/version"] == version
    ]
    return found


def test_an_upgrade_under_a_canary_restarts_neither_of_the_two_and_reaches_the_next_version(
    newer: Callable[[], None],
) -> None:
    world = canary(world_of())
    before = templates(world)
    newer()
    world.settle()
    assert templates(world) == before
    world.count(candidate=(9000, 0), champion=(9000, 0))
    world.wait(hours=1)
    world.count(candidate=(9000, 0), champion=(9000, 0))
    world.wait(hours=1)
    assert world.status["champion"]["name"] == "v2"
    assert not is_new(of_version(world, "v2"))
    world.add_version("v3")
    world.settle()
    assert is_new(of_version(world, "v3"))
    assert images(world, "v3") == images(world, "v2")


def test_sizes_still_change_and_a_second_upgrade_changes_as_little(newer: Callable[[], None]) -> None:
    live = applied(model())
    newer()
    grown = applied(model(spec__serving__replicas=5), live, replicas=5)
    assert grown["spec"]["replicas"] == 5
    assert grown["spec"]["template"] == live["spec"]["template"]
    assert applied(model(), grown) == live


def test_what_users_want_otherwise_is_written_by_the_release_of_the_day(newer: Callable[[], None]) -> None:
    live = applied(model())
    newer()
    changed = applied(model(spec__serving__readyWithin="7m"), live)
    assert is_new(changed)
    assert applied(model(spec__serving__readyWithin="7m"), changed) == changed


def test_a_template_that_somebody_changed_is_put_right_while_the_release_is_the_same() -> None:
    live = applied(model())
    meddled = put(live, "spec.template.spec.containers", [{"name": "server", "image": "mine"}])
    assert applied(model(), meddled) == live


def test_a_deployment_without_marks_gets_them_and_the_template_of_the_day() -> None:
    live = applied(model())
    unmarked = put(live, "metadata.annotations", {})
    assert applied(model(), unmarked) == live


CHANGES: list[tuple[str, Any]] = [
    ("spec.serving.resources", {"requests": {"cpu": "3"}}),
    ("spec.serving.readyWithin", "9m"),
    ("spec.serving.podTemplateOverrides", {"nodeSelector": {"disk": "ssd"}}),
    ("spec.serving.podTemplateOverrides", {"labels": {"team": "ops"}}),
    ("spec.storage.secretRef", {"name": "other"}),
    ("spec.storage.uri", "s3://elsewhere/observed/"),
    ("spec.prediction.positiveClass", "other"),
    ("spec.prediction.task", "Regression"),
    ("metadata.name", "another"),
]


@pytest.mark.parametrize(("path", "value"), CHANGES, ids=lambda one: str(one)[:40])
def test_whatever_of_a_model_reaches_its_pods_is_among_what_users_want(path: str, value: Any) -> None:
    version = ModelVersion.parse(model_version("v1"))
    plain, changed = model(), model(**{path.replace(".", "__"): value})
    reaches_pods = pod_template(plain, version, ADOPTED) != pod_template(changed, version, ADOPTED)
    wanted = release.inputs(plain, version, ADOPTED) != release.inputs(changed, version, ADOPTED)
    assert wanted >= reaches_pods


def test_nothing_else_of_a_model_reaches_its_pods() -> None:
    version = ModelVersion.parse(model_version("v1"))
    plain = model()
    bare = plain.model_copy(
        update={
            "spec": type(plain.spec)(
                prediction=plain.spec.prediction, storage=plain.spec.storage, serving=plain.spec.serving
            )
        }
    )
    assert bare.spec != plain.spec
    assert pod_template(bare, version, ADOPTED) == pod_template(plain, version, ADOPTED)


@pytest.mark.parametrize(
    "adopted",
    [
        Adopted("server@sha256:2", timedelta(seconds=2), ("pull",)),
        Adopted("server@sha256:1", timedelta(seconds=3), ("pull",)),
        Adopted("server@sha256:1", timedelta(seconds=2), ()),
    ],
)
def test_what_it_was_adopted_with_counts_too(adopted: Adopted) -> None:
    version = ModelVersion.parse(model_version("v1"))
    assert release.inputs(model(), version, adopted) != release.inputs(model(), version, ADOPTED)
