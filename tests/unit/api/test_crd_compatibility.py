"""What was released is still accepted: the definitions against those of the last release."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from leeboard.api.cel import belongs, may_belong
from leeboard.api.crd.compatibility import breaking_changes

CRDS = Path(__file__).resolve().parents[3] / "crds"
RELEASED = CRDS / "released"
SCHEMA = "spec.versions.0.schema.openAPIV3Schema"
SPEC = f"{SCHEMA}.properties.spec"


def models() -> Any:
    return yaml.safe_load((CRDS / "models.yaml").read_text(encoding="utf-8"))


def at(document: Any, path: str) -> Any:
    for part in path.split("."):
        document = document[int(part)] if part.isdigit() else document[part]
    return document


@pytest.mark.parametrize("path", sorted(RELEASED.glob("*.yaml")), ids=lambda path: path.stem)
def test_nothing_breaks_what_was_released(path: Path) -> None:
    released = yaml.safe_load(path.read_text(encoding="utf-8"))
    present = yaml.safe_load((CRDS / path.name).read_text(encoding="utf-8"))
    assert breaking_changes(released, present) == []


def test_all_four_were_released() -> None:
    assert [path.name for path in sorted(RELEASED.glob("*.yaml"))] == [
        path.name for path in sorted(CRDS.glob("*.yaml"))
    ]


def with_another(schema: Any, new_default: bool, own_default: bool) -> Any:
    """A schema with one more field, and with that field in its own default."""
    field = {"type": "boolean", "default": own_default}
    return {
        "properties": schema["properties"] | {"shade": field},
        "default": schema["default"] | {"shade": new_default},
    }


RETAIN = f"{SPEC}.properties.versions.properties.retain"


@pytest.mark.parametrize(
    ("path", "change", "said"),
    [
        (f"{SPEC}.properties", lambda it: it.pop("owners"), "v1alpha1.spec.owners is gone"),
        (f"{SPEC}.required", lambda it: it.append("owners"), "v1alpha1.spec.owners is required now"),
        (RETAIN, lambda it: it.update(maximum=999), "v1alpha1.spec.versions.retain: maximum was 1000, is 999"),
        (RETAIN, lambda it: it.update(minimum=2), "v1alpha1.spec.versions.retain: minimum was 1, is 2"),
        (RETAIN, lambda it: it.update(type="string"), "v1alpha1.spec.versions.retain: type was 'integer', is 'string'"),
        (RETAIN, lambda it: it.update(default=11), "v1alpha1.spec.versions.retain: default was 10, is 11"),
        (RETAIN, lambda it: it.update(enum=[1]), "v1alpha1.spec.versions.retain: enum is new"),
        (
            f"{SPEC}.properties.promotion.properties.policy.enum",
            lambda it: it.remove("Approval"),
            "v1alpha1.spec.promotion.policy: enum lacks ['Approval']",
        ),
        (
            f"{SPEC}.properties.rollout.properties.steps",
            lambda it: it.update(maxItems=3),
            "v1alpha1.spec.rollout.steps: maxItems was 20, is 3",
        ),
        (
            f"{SPEC}.properties.rollout.properties.steps.items.properties.weight",
            lambda it: it.update(maximum=50),
            "v1alpha1.spec.rollout.steps[].weight: maximum was 100, is 50",
        ),
        (
            f"{SCHEMA}.x-kubernetes-validations",
            lambda it: it.append({"rule": "false"}),
            "v1alpha1: rule is new: false",
        ),
        (
            f"{SPEC}.properties.serving",
            lambda it: it.update(with_another(it, new_default=True, own_default=False)),
            "v1alpha1.spec.serving: default was {'replicas': 1, 'readyWithin': '5m', 'allowUnsafeFormats': False}, "
            "is {'replicas': 1, 'readyWithin': '5m', 'allowUnsafeFormats': False, 'shade': True}",
        ),
        ("spec.versions.0", lambda it: it.update(served=False), "v1alpha1 is not served any more"),
    ],
)
def test_what_breaks_is_named(path: str, change: Any, said: str) -> None:
    changed = models()
    change(at(changed, path))
    assert breaking_changes(models(), changed) == [said]


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (f"{SPEC}.properties", lambda it: it.update(shade={"type": "string", "maxLength": 9})),
        (RETAIN, lambda it: it.update(maximum=2000)),
        (f"{SPEC}.properties.promotion.properties.policy.enum", lambda it: it.append("Lottery")),
        (f"{SCHEMA}.x-kubernetes-validations", lambda it: it.clear()),
        (RETAIN, lambda it: it.update(description="how many")),
        (f"{SPEC}.properties.serving", lambda it: it.update(with_another(it, new_default=True, own_default=True))),
    ],
)
def test_what_adds_or_loosens_breaks_nothing(path: str, change: Any) -> None:
    changed = deepcopy(models())
    change(at(changed, path))
    assert breaking_changes(models(), changed) == []


@pytest.mark.parametrize("change", [{"x-kubernetes-list-type": "set"}, {"x-kubernetes-validations": []}])
def test_a_list_loses_its_keys_only_to_a_rule_that_says_the_same(change: Any) -> None:
    released = yaml.safe_load((RELEASED / "models.yaml").read_text(encoding="utf-8"))
    changed = models()
    at(changed, f"{SPEC}.properties.rollout.properties.analysis.properties.guards").update(change)
    found = breaking_changes(released, changed)
    assert any("guards: x-kubernetes-list-map-keys was ['type'], is None" in one for one in found)


CHECKS = "spec.versions.0.schema.openAPIV3Schema.properties.spec.properties.checks.items"


@pytest.mark.parametrize(
    ("rule", "breaks"),
    [
        (belongs("metric", "Performance", "Sunspots"), False),
        (belongs("shade", "Sunspots"), False),
        (f"{belongs('feature', 'MeanShift', 'Sunspots')} && {belongs('percent', 'MeanShift')}", False),
        (belongs("shade", "Performance"), True),
        (belongs("metric", "Sunspots"), True),
        (f"{belongs('shade', 'Sunspots')} && size(self.type) > 3", True),
        ("(self.type == 'Sunspots') == (has(self.shade) || has(self.shade.dark))", False),
        ("!has(self.shade) || !has(self.metric) || self.shade < self.metric", False),
        ("self.checks.all(c, !has(c.shade) || size(c.shade) < self.most)", False),
        ("has(self.shade) ? self.type == 'MeanShift' : true", True),
        ("!has(self.shade) && self.type == 'MeanShift'", True),
        ("has(self.shade) || has(self.metric)", True),
        (may_belong("shade", "Sunspots"), False),
        (may_belong("metric", "Sunspots"), True),
    ],
)
def test_a_rule_about_new_types_breaks_nothing(rule: str, breaks: bool) -> None:
    released = yaml.safe_load((RELEASED / "driftmonitors.yaml").read_text(encoding="utf-8"))
    at(released, CHECKS)["x-kubernetes-validations"].append({"rule": belongs("metric", "Performance")})
    changed = deepcopy(released)
    at(changed, f"{CHECKS}.properties.type.enum").append("Sunspots")
    at(changed, f"{CHECKS}.properties")["shade"] = {"type": "string", "maxLength": 9}
    at(changed, f"{CHECKS}.x-kubernetes-validations").append({"rule": rule})
    assert bool(breaking_changes(released, changed)) == breaks
