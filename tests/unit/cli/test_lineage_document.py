"""The lineage as JSON."""

import json

from leeboard.cli.lineage.chain import follow
from leeboard.cli.lineage.document import document
from leeboard.cli.objects import parsed
from tests.support.examples import Document, put
from tests.unit.cli import registry
from tests.unit.cli.registry import EPISODE, FIRST, SECOND, THIRD


def lineage(versions: list[Document], *, models: bool = True) -> Document:
    objects = parsed(registry.raws(versions=versions, **({} if models else {"models": []})))
    by_name = {one.metadata.name: one for one in objects.versions}
    raws = {one["metadata"]["name"]: one for one in versions}
    chain = follow(by_name[THIRD], by_name)
    written: Document = json.loads(json.dumps(document(chain, objects.model("ml", "late-flights"), objects, raws)))
    return written


def test_it_holds_what_is_recorded_and_what_follows_from_it() -> None:
    versions = registry.versions()
    written = lineage(list(versions.values()))
    assert {key: written[key] for key in ("namespace", "model", "champion", "end")} == {
        "namespace": "ml",
        "model": "late-flights",
        "champion": THIRD,
        "end": {"reason": "First", "version": None},
    }
    assert [one["name"] for one in written["versions"]] == [THIRD, SECOND, FIRST]
    assert [one["spec"] for one in written["versions"]] == [versions[name]["spec"] for name in (THIRD, SECOND, FIRST)]
    assert [one["changed"] for one in written["versions"]] == [
        ["training data", "holdout data"],
        ["code", "parameters"],
        None,
    ]
    newest, before, _ = written["versions"]
    assert newest["standing"] == {"is": "champion", "since": "2026-03-02T10:00:00Z", "reason": "", "message": ""}
    assert before["standing"]["is"] == "earlier champion"
    assert newest["run"]["startedAt"] == "2026-03-02T08:40:00Z"
    assert newest["episode"]["id"] == EPISODE and before["episode"] is None


def test_fields_that_this_command_does_not_know_are_kept() -> None:
    versions = registry.versions()
    versions[THIRD] = put(versions[THIRD], "spec.moon", "full")
    assert lineage(list(versions.values()))["versions"][0]["spec"]["moon"] == "full"


def test_a_missing_parent_and_a_missing_model() -> None:
    versions = registry.versions()
    del versions[FIRST]
    written = lineage(list(versions.values()), models=False)
    assert written["end"] == {"reason": "Missing", "version": FIRST}
    assert written["champion"] is None
    assert [one["standing"]["is"] for one in written["versions"]] == ["earlier champion", "earlier champion"]
