"""The past of versions: told by a bundle, carried on, and held against those of which nothing tells."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.api.version_past import VersionPast
from leeboard.cli.errors import CommandError
from leeboard.cli.registry.archived import Archived, canonical
from leeboard.cli.registry.export import portable, write_bundle
from leeboard.cli.registry.holding_back import held_back
from leeboard.cli.registry.pasts import past_of, read_past
from leeboard.cli.registry.restoring import intents, manifest_for
from tests.support.examples import Document
from tests.unit.cli import registry

PASTS = {
    registry.SECOND: {"championSince": registry.ago(days=11)},
    registry.THIRD: {"championSince": registry.ago(hours=2)},
}


def test_a_bundle_tells_who_approved_what_was_rolled_back_and_what_served(tmp_path: Path) -> None:
    raws = registry.versions()
    raws[registry.SECOND]["status"] |= {"championSince": registry.ago(days=11)}
    raws[registry.THIRD]["status"] |= {"approvedBy": "ann"}
    fields = {"f:metadata": {"f:annotations": {"f:leeboard.dev/approved-by": {}}}}
    raws[registry.THIRD]["metadata"]["managedFields"] = [{"time": registry.ago(minutes=150), "fieldsV1": fields}]
    objects = registry.objects(versions=list(raws.values()))
    model = objects.models[0]
    index = write_bundle(tmp_path / "b", objects.versions, raws, objects, None)
    assert index["contract"] == 2
    told = {entry["name"]: read_past(entry, "") for entry in json.loads(canonical(index))["versions"]}
    assert told[registry.SECOND].champion_since is not None
    assert [(one.by, one.at is not None) for one in told[registry.THIRD].approvals] == [("ann", True)]
    assert model.status.champion is not None and told[registry.THIRD].champion_since == model.status.champion.since
    shut_out = told[registry.ROLLED_BACK].rolled_back
    (known,) = [one for one in model.status.quarantined if one.name == registry.ROLLED_BACK]
    assert shut_out is not None and (shut_out.reason, shut_out.at) == (known.reason, known.at)
    assert not told[registry.FIRST].tells and not told[registry.NEXT].tells


def restored_version(past: dict[str, Any], **status: Any) -> tuple[Document, ModelVersion]:
    raw = registry.version("v9", registry.ago(hours=1))
    raw["metadata"]["annotations"] = {"leeboard.dev/restored": json.dumps(past)}
    raw["status"] = status
    return raw, ModelVersion.parse(raw)


OUT = {"reason": "Aborted", "message": "by command", "at": registry.ago(days=2)}


def test_a_past_goes_on_through_a_second_export() -> None:
    before = {"approvals": [{"by": "ann"}], "rolledBack": OUT}
    _, unseen = restored_version(before)
    assert past_of(unseen, None, None).dump() == {"approvals": [{"by": "ann"}], "rolledBack": OUT}
    _, seen = restored_version(before, restored=before, approvedBy="bob", rolledBack=OUT)
    assert [one.by for one in past_of(seen, None, None).approvals] == ["ann", "bob"]
    assert past_of(seen, None, None).rolled_back is not None
    lifted = Model.parse(registry.model())
    assert lifted.status.champion is not None
    assert past_of(seen, lifted, None).rolled_back is None, "the Model has given it another rollout"


@pytest.mark.parametrize(
    ("entry", "approvers", "rolled_back"),
    [
        ({"standing": "quarantined", "approvedBy": ""}, [], True),
        ({"standing": "champion", "approvedBy": "ann"}, ["ann"], False),
        ({"past": {"approvals": [{"by": "bob"}], "rolledBack": OUT}, "standing": "champion"}, ["bob"], True),
    ],
)
def test_bundles_of_both_contracts_tell(entry: Document, approvers: list[str], rolled_back: bool) -> None:
    past = read_past({"name": "v1", **entry}, registry.ago(hours=1))
    assert ([one.by for one in past.approvals], past.rolled_back is not None) == (approvers, rolled_back)


@pytest.mark.parametrize("past", [{"rolledBack": {"reason": "x"}}, [], {"approvals": [{}]}])
def test_a_past_that_cannot_be_read_is_no_past(past: Any) -> None:
    with pytest.raises(CommandError, match="what the bundle tells of v1 cannot be read"):
        read_past({"name": "v1", "past": past}, "")


def from_storage(*raws: Document) -> list[Archived]:
    return [Archived(portable(raw, ModelVersion.parse(raw)), None, "") for raw in raws]


def let_serve(found: list[Archived]) -> set[str]:
    return {one.version.metadata.name for one in found if one.past is not None and one.past.rolled_back is None}


@pytest.mark.parametrize(
    ("serving", "expected"),
    [
        ([], {registry.FIRST, registry.SECOND, registry.THIRD}),  # champion when NEXT was trained
        ([registry.SECOND], {registry.FIRST, registry.SECOND}),
        ([registry.NEXT], {registry.FIRST, registry.SECOND, registry.THIRD, registry.ROLLED_BACK, registry.NEXT}),
    ],
)
def test_what_storage_alone_tells_of_and_is_newer_than_what_served_is_held_back(
    serving: list[str], expected: set[str]
) -> None:
    raws = registry.versions()
    found = held_back(from_storage(*raws.values()), [], serving, registry.NOW)
    assert let_serve(found) == expected | ({registry.ROLLED_BACK} if registry.THIRD in expected else set())
    (candidate,) = [one for one in found if one.version.metadata.name == registry.NEXT]
    if registry.NEXT not in expected:
        assert candidate.past is not None and candidate.past.rolled_back is not None
        assert candidate.past.rolled_back.reason == "PastUnknown"
        assert "leeboard retry rollout" in candidate.past.rolled_back.message


def test_what_was_never_known_to_serve_is_held_back_alone_too() -> None:
    assert let_serve(held_back(from_storage(registry.versions()[registry.FIRST]), [], [], registry.NOW)) == set()


def test_what_is_live_tells_of_what_served() -> None:
    raws = registry.versions()
    found = held_back(from_storage(raws[registry.SECOND]), [ModelVersion.parse(raws[registry.THIRD])], [], registry.NOW)
    assert let_serve(found) == {registry.SECOND}


def test_what_a_bundle_tells_is_left_as_it_is_and_what_served_last_comes_first() -> None:
    raws = registry.versions()
    found = [
        replace(one, past=VersionPast.model_validate(PASTS.get(one.version.metadata.name, {})))
        for one in from_storage(*raws.values())
    ]
    assert held_back(found, [], [], registry.NOW) == found
    order = [one.archived.version.metadata.name for one in intents(found, [], [])]
    assert order[:2] == [registry.THIRD, registry.NEXT]


@pytest.mark.parametrize(
    ("past", "approved"),
    [({"approvals": [{"by": "ann"}]}, True), ({"approvals": [{"by": "ann"}], "rolledBack": OUT}, False), ({}, False)],
)
def test_an_approval_is_given_anew_where_there_was_one_and_nothing_shut_the_version_out(
    past: Document, approved: bool
) -> None:
    (bare,) = from_storage(registry.versions()[registry.THIRD])
    one = replace(bare, past=VersionPast.model_validate(past))
    made = manifest_for(one.document, one, "ml", approver="bob")["metadata"]["annotations"]
    assert made.get("leeboard.dev/approved-by") == ("bob" if approved else None)
    assert ("leeboard.dev/restored" in made) is bool(past)
    if past:
        assert VersionPast.model_validate_json(made["leeboard.dev/restored"]) == one.past
    assert "leeboard.dev/approved-by" not in manifest_for(one.document, one, "ml")["metadata"]["annotations"]
