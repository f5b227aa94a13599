"""The tables of `leeboard get`, and its JSON."""

from typing import Any

import pytest

from leeboard.cli.get import models, monitors, runs, versions
from leeboard.cli.get.command import LISTINGS, document
from leeboard.cli.get.listing import Listing, render
from tests.support.examples import Document, put
from tests.unit.cli import registry
from tests.unit.cli.screen import expected, plain

NOW = registry.NOW


def shown(listing: Listing, *, options: dict[str, Any] | None = None, **changed: Any) -> str:
    """A table; `changed` replaces objects of the registry."""
    return plain(render(listing, registry.objects(**changed), NOW, **(options or {})))


def last_row(text: str) -> list[str]:
    return text.splitlines()[-1].split()


def elsewhere(document: Document) -> Document:
    return put(put(document, "metadata.namespace", "staging"), "metadata.name", "late-flights-two")


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda one: one.name)
def test_tables(listing: Listing) -> None:
    assert shown(listing, monitors=[registry.monitor(), registry.drifting_monitor()]) == expected(listing.name)


def test_a_model_that_nobody_looked_at_yet() -> None:
    new = put(registry.model(), "status", None)
    assert last_row(shown(models.LISTING, models=[new])) == [
        "late-flights",
        "-",
        "-",
        "-",
        "-",
        "-",
        "-",
        "-",
        "-",
        "41d",
    ]


@pytest.mark.parametrize(
    ("fields", "stage", "weight"),
    [
        ({"phase": "Starting", "requestedWeight": 0, "replicaWeight": 0}, "Starting", "0/0/?"),
        ({"phase": "Canary", "step": 1, "requestedWeight": 50, "replicaWeight": 33}, "Canary 2/2", "50/33/?"),
        ({"phase": "Promoting", "requestedWeight": 50, "observedWeight": 0}, "Promoting", "50/0/0"),
    ],
)
def test_stage_and_weights_of_a_candidate(fields: Document, stage: str, weight: str) -> None:
    served = registry.model()["status"]["champion"] | {"name": registry.NEXT}
    text = shown(models.LISTING, models=[put(registry.model(), "status.candidate", served | fields)])
    assert f"{stage}  " in text and f" {weight} %" in text


def test_namespaces_have_a_column_only_when_asked_for() -> None:
    both = [registry.model(), elsewhere(registry.model())]
    assert "NAMESPACE" not in shown(models.LISTING, models=both)
    text = shown(models.LISTING, models=both, options={"namespaces": True})
    assert [line.split()[:2] for line in text.splitlines()] == [
        ["NAMESPACE", "MODEL"],
        ["ml", "late-flights"],
        ["staging", "late-flights-two"],
    ]


@pytest.mark.parametrize("width", [80, 100, 120])
@pytest.mark.parametrize("listing", LISTINGS, ids=lambda one: one.name)
def test_a_table_fits_its_screen(listing: Listing, width: int) -> None:
    text = shown(listing, options={"width": width}, monitors=[registry.monitor(), registry.drifting_monitor()])
    assert max(map(len, text.splitlines())) <= width


def test_of_a_version_the_end_of_its_name_stays_on_a_narrow_screen() -> None:
    heading, row = shown(models.LISTING, options={"width": 56}).splitlines()
    assert heading.split() == ["MODEL", "CHAMPION", "CANDIDATE", "STAGE", "READY"]
    assert row.split() == ["late-flights", "…5a3e91c07d", "…e77b20d154", "Canary", "1/2", "True"]


@pytest.mark.parametrize("listing", LISTINGS, ids=lambda one: one.name)
def test_one_model_is_shown_alone(listing: Listing) -> None:
    assert shown(listing, options={"model": "late-flights"}) == shown(listing)
    assert shown(listing, options={"model": "other"}) == ""


def test_nothing_has_no_heading() -> None:
    assert shown(models.LISTING, models=[]) == ""


def test_the_metric_is_that_of_the_first_gate() -> None:
    third = registry.versions()[registry.THIRD]
    losses = put(registry.model(), "spec.promotion.gates", [{"type": "Threshold", "metric": "log_loss", "max": "0.6"}])
    assert "log_loss 0.512 [0.501, 0.523]" in shown(versions.LISTING, models=[losses], versions=[third])
    unmeasured = put(registry.model(), "spec.promotion.gates.0.metric", "f1")
    unmeasured = put(unmeasured, "spec.promotion.gates.1.metric", "f1")
    assert "roc_auc 0.731" in shown(versions.LISTING, models=[unmeasured], versions=[third])
    assert "roc_auc 0.731" in shown(versions.LISTING, models=[], versions=[third])


@pytest.mark.parametrize(
    ("status", "text"),
    [
        ({"phase": "Accepted"}, "accepted"),
        ({"phase": "AwaitingApproval"}, "awaiting approval"),
        ({}, "registered"),
        (
            {"phase": "Rejected", "conditions": [{"type": "Ready", "status": "False", "reason": "GateFailed"}]},
            "rejected: GateFailed",
        ),
    ],
)
def test_versions_that_never_served(status: Document, text: str) -> None:
    new = registry.version("late-flights-0000000000", registry.ago(minutes=1)) | {"status": status}
    assert shown(versions.LISTING, versions=[new]).splitlines()[-1].endswith(f"  {text}")


def test_an_imported_version() -> None:
    source = {"import": {"reason": "trained by hand"}}
    imported = registry.version("imported", registry.ago(days=1), source=source, cause=None, code=None)
    row = last_row(shown(versions.LISTING, versions=[imported]))
    assert row[:4] == ["imported", "late-flights", "Imported", "-"]


def test_the_champion_before_while_its_pods_are_drained() -> None:
    before = registry.version("late-flights-0000000000", registry.ago(days=1))
    draining = registry.model()["status"]["champion"] | {"name": "late-flights-0000000000"}
    model = put(registry.model(), "status.draining", draining)
    assert shown(versions.LISTING, models=[model], versions=[before]).endswith("  earlier champion\n")
    assert shown(versions.LISTING, versions=[before]).endswith("  accepted\n")


def test_a_run_without_a_beginning_was_adopted() -> None:
    job = registry.training_job()
    job["status"]["runs"] = [{"id": "0a", "phase": "Succeeded", "cause": {"kind": "Manual"}}]
    assert last_row(shown(runs.LISTING, jobs=[job]))[-3:] == ["-", "-", "-"]


def test_rows_that_a_verdict_still_needs() -> None:
    waiting = registry.monitor()
    waiting["status"] |= {"verdict": "Inconclusive", "rows": 120, "rowsNeeded": 1380, "findings": []}
    assert "Inconclusive" in shown(monitors.LISTING, monitors=[waiting])
    assert " 120 (+1,380) " in shown(monitors.LISTING, monitors=[waiting])


def test_what_drifted_is_cut_to_the_terminal_and_names_are_not() -> None:
    long = put(registry.drifting_monitor(), "metadata.name", "m" * 200)
    lines = shown(monitors.LISTING, monitors=[long], options={"width": 310}).splitlines()
    assert lines[1].startswith("m" * 200 + "  ")
    assert lines[1].endswith("…") and len(lines[1]) == 310


@pytest.mark.parametrize(
    ("listing", "width", "left_out"),
    [
        (models.LISTING, 200, set()),
        (models.LISTING, 120, {"AGE", "LEFT"}),
        (models.LISTING, 100, {"AGE", "LEFT", "SAMPLES", "REASON"}),
        (versions.LISTING, 120, {"COMMIT"}),
        (versions.LISTING, 100, {"COMMIT", "CAUSE", "MODEL"}),
        (versions.LISTING, 80, {"COMMIT", "CAUSE", "MODEL", "AGE", "METRIC"}),
        (runs.LISTING, 80, {"VERSION"}),
    ],
)
def test_a_narrow_screen_spares_what_matters_least(listing: Listing, width: int, left_out: set[str]) -> None:
    whole, narrow = shown(listing), shown(listing, options={"width": width})
    assert set(whole.splitlines()[0].split()) - set(narrow.splitlines()[0].split()) == left_out
    assert max(map(len, narrow.splitlines())) <= width


def test_nothing_ends_in_blanks() -> None:
    for listing in LISTINGS:
        assert all(line == line.rstrip() for line in shown(listing).splitlines())


def test_one_object_that_cannot_be_read_hides_no_other() -> None:
    newer = put(elsewhere(registry.model()), "spec.promotion.policy", "Auction")
    objects = registry.objects(models=[newer, registry.model()])
    assert [one.metadata.name for one in objects.models] == ["late-flights"]
    (problem,) = objects.unreadable
    assert problem.startswith("Model staging/late-flights-two is left out: spec.promotion.policy: ")


def test_fields_of_a_newer_version_are_no_problem() -> None:
    newer = put(put(registry.model(), "spec.promotion.auction", {"bids": 2}), "status.moon", "full")
    assert shown(models.LISTING, models=[newer]) == shown(models.LISTING)


def test_json_is_a_list_of_what_the_api_server_has_without_managed_fields() -> None:
    raws = registry.raws(models=[put(registry.model(), "metadata.managedFields", [{"manager": "leeboard"}])])
    whole = document([models.LISTING, versions.LISTING], raws, None)
    assert (whole["apiVersion"], whole["kind"]) == ("v1", "List")
    assert whole["items"] == [registry.model(), *registry.versions().values()]
    assert document([models.LISTING], raws, "other")["items"] == []
    assert len(document([versions.LISTING], raws, "late-flights")["items"]) == 5


def test_json_of_runs_names_the_place_of_each() -> None:
    items = document([runs.LISTING], registry.raws(), "late-flights")["items"]
    assert [item["id"] for item in items] == ["b8d2905e4c", "0d4e55aa10", "5a3e91c07d", "e77b20d154", "77aa01bc9e"]
    place = {"namespace": "ml", "trainingJob": "late-flights", "model": "late-flights"}
    assert items[1] == place | registry.training_job()["status"]["runs"][1]
    untouched = put(registry.training_job(), "status", None)
    assert document([runs.LISTING], registry.raws(jobs=[untouched]), None)["items"] == []
