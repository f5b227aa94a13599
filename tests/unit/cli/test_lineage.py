"""The lineage as a tree: what is said of each version, and how chains end."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from leeboard.cli.lineage.chain import Chain, End, follow
from leeboard.cli.lineage.tree import draw
from leeboard.cli.objects import Objects
from leeboard.planning.lineage_changes import changed_parts
from tests.support.examples import Document, put
from tests.unit.cli import registry
from tests.unit.cli.registry import FIRST, NEXT, ROLLED_BACK, SECOND, THIRD
from tests.unit.cli.screen import expected, plain


def chain_of(objects: Objects, start: str) -> Chain:
    by_name = {one.metadata.name: one for one in objects.versions}
    return follow(by_name[start], by_name)


def tree(start: str = THIRD, *, options: dict[str, Any] | None = None, **changed: Any) -> str:
    """The tree of a version; `changed` replaces objects of the registry."""
    objects = registry.objects(**changed)
    model = objects.model("ml", "late-flights")
    return plain(draw(chain_of(objects, start), model, objects, **(options or {})))


def without(*names: str) -> list[Document]:
    return [document for name, document in registry.versions().items() if name not in names]


def changed(name: str, path: str, value: Any) -> list[Document]:
    """The versions, one field of one of them changed."""
    return [put(one, path, value) if one["metadata"]["name"] == name else one for one in registry.versions().values()]


def fact(text: str, label: str) -> str:
    """What the tree says under a label the first time, as one line."""
    lines = [line[3:] for line in text.splitlines()]
    first = next(index for index, line in enumerate(lines) if line.startswith(f"{label} "))
    words = [lines[first][16:].strip()]
    for line in lines[first + 1 :]:
        if not line.startswith(" " * 16):
            break
        words.append(line.strip())
    return " ".join(words)


def test_three_versions_back_to_the_first() -> None:
    assert tree() == expected("lineage")


def test_whole_digests_and_figures() -> None:
    text = tree(options={"wide": True})
    assert text == expected("lineage-wide")
    for version in (FIRST, SECOND, THIRD):
        spec = registry.versions()[version]["spec"]
        records = [spec["artifact"], spec["profile"], spec["goldenSamples"], *spec["datasets"]]
        assert all(record["digest"] in text and record["uri"] in text for record in records)
        assert spec["image"]["reference"].rpartition("@")[2] in text
        assert spec["environment"]["lockDigest"] in text
    assert registry.commit("newest") in text


def test_every_chain_ends_in_its_own_way() -> None:
    whole, pruned = registry.objects(), registry.objects(versions=without(FIRST))
    circle = registry.objects(versions=changed(FIRST, "spec.parent", {"name": THIRD}))
    assert chain_of(whole, THIRD).end == End("First")
    assert chain_of(pruned, THIRD).end == End("Missing", FIRST)
    assert chain_of(circle, THIRD).end == End("Cycle", THIRD)
    for objects, length in ((whole, 3), (pruned, 2), (circle, 3)):
        names = [one.metadata.name for one in chain_of(objects, THIRD).versions]
        assert names == [THIRD, SECOND, FIRST][:length]


def test_a_parent_that_was_pruned_is_said_to_be_gone() -> None:
    text = tree(versions=without(FIRST))
    assert text.endswith(f"│\n◌  {FIRST}   not in the registry any more\n   10 versions are kept beside those in use\n")
    assert "the first version" not in text


def test_a_circle_of_parents_is_left_again() -> None:
    assert tree(versions=changed(FIRST, "spec.parent", {"name": THIRD})).endswith(
        f"╰─ back to {THIRD}: these versions name each other as the one before\n"
    )
    own = changed(FIRST, "spec.parent", {"name": FIRST})
    assert f"back to {FIRST}" in tree(FIRST, versions=own)


def test_a_version_that_was_rolled_back_says_why() -> None:
    text = tree(ROLLED_BACK)
    assert f"✗  {ROLLED_BACK}   quarantined since 2026-03-01 07:00 UTC\n" in text
    assert fact(text, "reason") == (
        "ErrorRateTooHigh: errors of the candidate exceed the champion's by 0.031 [0.014, 0.052], margin 0.01"
    )


def test_a_candidate_is_named_above_the_champion_and_marked_as_itself() -> None:
    assert tree().splitlines()[1] == f"candidate {NEXT}: Canary 1/2, 33/33/31 % (asked, pods, requests)"
    text = tree(NEXT)
    assert f"◐  {NEXT}   candidate since 2026-03-02 11:40 UTC\n" in text
    assert f"●  {THIRD}   champion since" in text and text.splitlines()[1] == ""


def test_the_registry_outlives_its_model() -> None:
    text = tree(models=[])
    assert text.startswith("late-flights in ml: this Model does not exist any more\n")
    assert f"○  {THIRD}   earlier champion\n" in text
    assert f"○  {NEXT}   accepted\n" in tree(NEXT, models=[])


def test_a_run_that_is_forgotten_and_a_job_that_is_gone_or_another() -> None:
    assert fact(tree(), "run") == "5a3e91c07d    TrainingJob late-flights, 2026-03-02 08:40 UTC, took 4m12s"
    assert fact(tree(FIRST), "run") == "1f0c77e2ab    TrainingJob late-flights"
    assert fact(tree(jobs=[]), "run") == "5a3e91c07d    TrainingJob late-flights (deleted since)"
    other = put(registry.training_job(), "metadata.uid", "another")
    assert fact(tree(jobs=[other]), "run").endswith("late-flights (another of that name is there now)")


def test_the_episode_is_told_while_its_monitor_remembers_it() -> None:
    begin = "Drift, found by DriftMonitor late-flights"
    known = "episode 9f8e7d6c5b4a, 2026-03-02 07:50 UTC, lasted 3h Performance"
    assert fact(tree(), "cause").startswith(f"{begin} {known}")
    still_open = put(registry.monitor(), "status.episode.endedAt", None)
    assert "9f8e7d6c5b4a, open since 2026-03-02 07:50 UTC" in tree(monitors=[still_open])
    newer = put(registry.monitor(), "status.episode.id", "0123456789ab")
    assert fact(tree(monitors=[newer]), "cause").startswith(f"{begin} episode 9f8e7d6c5b4a Performance")
    assert fact(tree(monitors=[]), "cause").startswith(f"{begin} (deleted since) episode")


@pytest.mark.parametrize(
    ("path", "value", "part"),
    [
        ("spec.code", registry.code("other"), "code"),
        ("spec.image.reference", f"registry.example/ml/flights@{registry.digest('other')}", "image"),
        ("spec.datasets.0.digest", registry.digest("other"), "training data"),
        ("spec.datasets.1.digest", registry.digest("other"), "holdout data"),
        ("spec.params.max_iter", "100", "parameters"),
        ("spec.seed", 8, "parameters"),
        ("spec.environment.lockDigest", registry.digest("other"), "environment"),
    ],
)
def test_what_changed_since_the_version_before(path: str, value: Any, part: str) -> None:
    assert fact(tree(ROLLED_BACK), "changed") == "nothing that bears on a training"
    text = tree(ROLLED_BACK, versions=changed(ROLLED_BACK, path, value))
    assert fact(text, "changed") == part


def test_an_image_that_moved_to_another_registry_is_the_same() -> None:
    moved = f"mirror.example/flights@{registry.digest('image')}"
    objects = registry.objects(versions=changed(ROLLED_BACK, "spec.image.reference", moved))
    chain = chain_of(objects, ROLLED_BACK)
    assert changed_parts(chain.versions[0], chain.versions[1]) == ()


def test_parameters_say_what_they_were() -> None:
    assert fact(tree(SECOND), "parameters") == "learning_rate=0.1 (was 0.3)   max_iter=200 (new)   seed=7"
    fewer = changed(ROLLED_BACK, "spec.params.max_iter", None)
    assert fact(tree(ROLLED_BACK, versions=fewer), "parameters") == (
        "learning_rate=0.1   seed=7   max_iter left out (was 200)"
    )


def test_better_and_worse_depend_on_the_metric() -> None:
    lines = {line.split()[1]: line for line in tree().splitlines() if line.endswith(("better", "worse", "unclear"))}
    assert lines["roc_auc"].endswith("+0.061 [+0.048, +0.075]  better")
    assert lines["log_loss"].endswith("-0.068 [-0.082, -0.055]  better")
    assert lines["average_precision"].endswith("unclear")
    turned = changed(THIRD, "spec.comparison.differences.1", registry.metric("log_loss", "0.05", "0.01", "0.09"))
    assert "+0.050 [+0.010, +0.090]  worse" in tree(versions=turned)


def test_without_a_comparison_the_parents_own_figures_stand_beside_without_a_difference() -> None:
    text = tree(versions=changed(THIRD, "spec.comparison", None))
    assert "│  metric             this version          before, its own rows\n" in text
    assert "│  roc_auc            0.731 [0.722, 0.740]  0.733 [0.724, 0.742]\n" in text
    assert "│  log_loss           0.512 [0.501, 0.523]  -\n" in text
    assert "better" not in text and "difference" not in text


def test_figures_that_do_not_fit_stand_below_each_other() -> None:
    text = tree(options={"width": 72})
    assert "│  roc_auc            this version       0.731 [0.722, 0.740]\n" in text
    assert "│                     before, same rows  0.670 [0.659, 0.681]\n" in text
    assert "│                     difference         +0.061 [+0.048, +0.075]  better\n" in text


def test_gates_and_approval() -> None:
    assert fact(tree(), "gates") == "passed Threshold roc_auc, VersusChampion roc_auc"
    failed = registry.versions()[THIRD]["status"]["gates"]
    failed[0] |= {"passed": False, "message": "roc_auc 0.55, wanted at least 0.60"}
    assert fact(tree(versions=changed(THIRD, "status.gates", failed)), "gates") == (
        "failed Threshold roc_auc: roc_auc 0.55, wanted at least 0.60 passed VersusChampion roc_auc"
    )
    assert (
        fact(tree(versions=changed(THIRD, "status.approvedBy", "ada@example.org")), "approved by") == "ada@example.org"
    )


def test_many_partitions_are_counted_and_wide_shows_them_all() -> None:
    months = [f"{year}-{month:02}/" for year in (2024, 2025) for month in range(1, 13)]
    many = changed(THIRD, "spec.datasets.0.partitions", months)
    assert "2024-01/ 2024-02/ … 2025-11/ 2025-12/ (24 partitions), columns" in tree(versions=many)
    assert f"{' '.join(months)}, columns" in tree(versions=many, options={"wide": True})
    whole = changed(THIRD, "spec.datasets.0.partitions", [])
    assert "all of it, columns" in tree(versions=whole)


def test_an_imported_version_says_so_and_claims_nothing() -> None:
    name = "bought"
    empty = dict.fromkeys(("code", "image", "environment", "cause", "profile", "goldenSamples"))
    source = {"import": {"reason": "bought from a supplier"}}
    imported = registry.version(name, registry.ago(days=2), source=source, datasets=[], metrics=[], **empty)
    text = tree(name, versions=[imported])
    assert fact(text, "imported") == "bought from a supplier"
    assert fact(text, "verified").startswith("no: imported")
    assert fact(text, "profile") == fact(text, "golden samples") == "not recorded"
    assert "\n│  code " not in text and "metric" not in text


def test_what_a_trained_version_lacks_is_said() -> None:
    lacking = changed(THIRD, "spec.environment", None)
    assert fact(tree(versions=lacking), "environment") == "not recorded"
    nothing = changed(THIRD, "spec.environment", {})
    assert fact(tree(versions=nothing), "environment") == "not recorded"
    python_only = changed(THIRD, "spec.environment", {"python": "3.11.9"})
    assert fact(tree(versions=python_only), "environment") == "Python 3.11.9, packages not recorded"


def test_fields_of_a_newer_version_change_nothing() -> None:
    assert tree(versions=changed(THIRD, "spec.moon", {"phase": "full"})) == tree()


def test_very_long_names_are_folded() -> None:
    name = "a" * 253
    only = put(registry.versions()[THIRD], "metadata.name", name)
    only = put(only, "spec.artifact.uri", "s3://models/" + "b" * 900 + "/")
    text = tree(name, versions=[only, *without(THIRD)])
    assert max(map(len, text.splitlines())) <= 100
    assert "".join(line[3:] for line in text.splitlines()[3:7]).startswith(name)
    assert text.count("b") > 900


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    words=st.text(max_size=200),
    owner=st.text(max_size=80),
    parameter=st.text(min_size=1, max_size=120),
    width=st.integers(min_value=60, max_value=100),
)
def test_no_line_is_too_long_or_ends_in_blanks_or_steers_the_terminal(
    words: str, owner: str, parameter: str, width: int
) -> None:
    versions = changed(THIRD, "spec.cause.reason", words)
    versions[3]["spec"]["params"] = {parameter: words}
    versions[3]["spec"]["metrics"][0]["name"] = "m" * 63
    model = put(put(registry.model(), "spec.owners", [owner]), "status.candidate.reason", words[:128])
    for line in tree(models=[model], versions=versions, options={"width": width}).split("\n"):
        assert cell_len(line) <= width
        assert line == line.rstrip()
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in line)
