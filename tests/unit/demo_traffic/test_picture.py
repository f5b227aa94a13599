"""The page: well-formed, self-contained, and with the report's figures in it."""

import re
import subprocess
import sys

import pytest

from e2e.demo.picture import Report, draw
from e2e.demo.traffic.state import UNKNOWN
from tests.unit.demo_traffic.drawn import of_class, parse, text
from tests.unit.demo_traffic.example_report import NAMES, at, example
from tests.unit.demo_traffic.test_traffic import ROOT

HOSTILE = '</style><script>alert("1")</script><img src=x onerror=alert(2)> & \x00\x1b\ud800 \'"'


def parsed(report):
    """The page as XML."""
    page = draw(report)
    assert page.startswith("<!DOCTYPE html>\n<html")
    return parse(page.removeprefix("<!DOCTYPE html>\n"))


def renamed(value, names):
    """A document with other names in it, also where they are keys."""
    if isinstance(value, dict):
        return {names.get(key, key): renamed(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [renamed(one, names) for one in value]
    return names.get(value, value) if isinstance(value, str) else value


def areas(root):
    """What each version's area measures, by its short name."""
    found = {}
    for path in root.iter("path"):
        title = path.find("title")
        if title is not None and title.text.startswith("v"):
            total = 0.0
            for part in path.get("d").split("Z"):
                points = [tuple(map(float, pair)) for pair in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", part)]
                pairs = zip(points, points[1:] + points[:1], strict=True)
                total += abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2
            found[title.text.split()[0]] = total
    return found


def test_the_areas_are_the_requests_of_the_versions() -> None:
    report = example()
    found = areas(parsed(report))
    requests = {f"v{n + 1}": report.traffic.totals.versions[name].requests for n, name in enumerate(NAMES)}
    assert found.keys() == requests.keys()
    for label, area in found.items():
        assert area / sum(found.values()) == pytest.approx(requests[label] / sum(requests.values()), rel=0.02)


def test_what_was_rolled_back_is_hatched_and_only_that() -> None:
    root = parsed(example())
    hatched = [p.find("title").text for p in root.iter("path") if p.get("fill", "").startswith("url(#hatch-")]
    assert hatched == [f"v3 {NAMES[2]}"]
    assert len(list(root.iter("pattern"))) == 1


def test_failed_requests_are_seen() -> None:
    assert of_class(parsed(example()), "fill-bad") == []
    raw = example().dump()
    raw["traffic"]["seconds"][100]["failed"] = 1
    raw["traffic"]["totals"] |= {"failed": 1, "failures": {"reset": 1}}
    raw["traffic"]["totals"]["versions"][UNKNOWN] = {"requests": 1, "failed": 1}
    root = parsed(Report.model_validate(raw))
    (mark,) = of_class(root, "fill-bad")
    assert float(mark.get("height")) >= 3
    tile = of_class(root, "tile")[0]
    assert "bad" in tile.get("class")
    assert text(tile).startswith("1 failed of")
    assert "unknown 1 failed" in text(of_class(root, "legend")[0])
    assert any(text(tile) == "4 versions served" for tile in of_class(root, "tile"))


def test_no_failed_request_is_said_in_green() -> None:
    tile = of_class(parsed(example()), "tile")[0]
    assert "good" in tile.get("class")
    assert text(tile).startswith("0 failed of")


def test_steps_stand_where_they_began_and_are_as_long_as_they_took() -> None:
    report = example()
    root = parsed(report)
    bars = of_class(root, "step", "rect")
    assert len(bars) == len(report.steps) == len(of_class(root, "step-text"))
    first = bars[0]
    for bar, step in zip(bars, report.steps, strict=True):
        offset, seconds = (step.start - report.start).total_seconds(), (step.end - step.start).total_seconds()
        scale = float(first.get("width")) / 38
        assert float(bar.get("x")) - float(first.get("x")) == pytest.approx(offset * scale, abs=0.2)
        assert float(bar.get("width")) == pytest.approx(seconds * scale, abs=0.2)


def test_a_step_that_failed_looks_so() -> None:
    raw = example().dump()
    raw["steps"][5]["succeeded"] = False
    bars = of_class(parsed(Report.model_validate(raw)), "step", "rect")
    assert ["failed" in bar.get("class") for bar in bars] == [n == 5 for n in range(len(bars))]


def test_words_of_moments_close_together_stand_on_lines_of_their_own() -> None:
    raw = example().dump()
    raw["moments"] = [
        {"time": at(seconds).isoformat(), "text": "something happened"} for seconds in (200, 201, 202, 400)
    ]
    words = of_class(parsed(Report.model_validate(raw)), "moment-text")
    lines = [float(word.get("y")) for word in words]
    assert len(set(lines[:3])) == 3
    assert lines[3] == lines[0]


def test_versions_are_told_with_their_lineage() -> None:
    entries = list(parsed(example()).find(".//ol"))
    assert [entry.get("class") for entry in entries] == ["main", "main", "aside", "main"]
    first, second, third, fourth = map(text, entries)
    assert "v1" in first and "code 7c1e09d2a4 data 2013-01/ to 2013-03/" in first
    assert "NewCommit b84fa113 Add the hour of departure" in second
    assert "0.732 [0.723, 0.740]" in second
    assert "rolled back" in third and "0.31 [0.27, 0.35]" in third
    assert "serves now" in fourth and "Drift log_loss 0.4522 → 0.5637" in fourth


def test_the_verdict_is_in_the_monitors_own_words() -> None:
    report = example()
    root = parsed(report)
    assert "; ".join(text(one) for one in of_class(root, "clause")) == report.drift.words
    assert text(of_class(root, "badge")[0]) == "Drift"


def test_performance_stands_on_one_scale_with_its_intervals() -> None:
    report = example()
    root = parsed(report)
    points = [float(one.get("cx")) for one in of_class(root, "point")]
    lines = [(float(one.get("x1")), float(one.get("x2"))) for one in of_class(root, "whisker")]
    measured = report.performance[0].measurements
    scale = (points[1] - points[0]) / (measured[1].value - measured[0].value)
    for one, point, (low, high) in zip(measured, points, lines, strict=True):
        assert point - points[0] == pytest.approx((one.value - measured[0].value) * scale, abs=0.1)
        assert high - low == pytest.approx((one.high - one.low) * scale, abs=0.1)
    values = [text(one) for one in of_class(root, "row-value")]
    assert values == ["0.452 [0.446, 0.459]", "0.564 [0.554, 0.573]", "0.558 [0.551, 0.566]", "0.469 [0.463, 0.475]"]
    (worse,) = of_class(root, "worse")
    assert points[0] < float(worse.get("x")) < points[1]


def test_hostile_names_are_text_and_nothing_else() -> None:
    raw = renamed(example().dump(), {name: f"{HOSTILE}{n}" for n, name in enumerate(NAMES)})
    raw |= {"title": HOSTILE, "subtitle": HOSTILE, "facts": {HOSTILE: HOSTILE}}
    raw["steps"][0]["title"] = raw["moments"][0]["text"] = HOSTILE
    raw["traffic"]["segments"][0]["name"] = raw["versions"][0]["reason"] = raw["drift"]["words"] = HOSTILE
    raw["drift"]["features"][0] |= {"name": HOSTILE, "shift": HOSTILE}
    raw["drift"]["features"][3]["categories"][0] = HOSTILE
    raw["performance"][0] |= {"metric": HOSTILE}
    raw["performance"][0]["measurements"][0] |= {"label": HOSTILE, "note": HOSTILE}
    root = parsed(Report.model_validate(raw))
    tags = {node.tag for node in root.iter()}
    assert not tags & {"script", "img", "image", "foreignObject", "use", "a", "link", "iframe", "object"}
    assert not [key for node in root.iter() for key in node.attrib if key.startswith("on") or "href" in key]
    assert len(list(root.iter("style"))) == 1
    assert '<script>alert("1")</script>' in text(root.find(".//h1"))


def test_nothing_is_fetched_from_elsewhere() -> None:
    page = draw(example())
    assert set(re.findall(r"https?://[^\"' )<]+", page)) == {
        "http://www.w3.org/1999/xhtml",
        "http://www.w3.org/2000/svg",
    }
    assert {url[:7] for url in re.findall(r"url\(([^)]*)\)", page)} == {"#hatch-"}
    assert not re.findall(r"@import|@font-face|\bsrc=|\bhref=|<script", page)
    assert "prefers-color-scheme: dark" in page


def test_a_story_of_little_is_drawn_too() -> None:
    raw = example().dump()
    raw |= {"moments": [], "versions": [], "performance": [], "facts": {}, "steps": raw["steps"][:1]}
    raw["traffic"] |= {"seconds": [], "segments": [], "labels": {}}
    raw["traffic"]["totals"] = {}
    del raw["drift"]
    root = parsed(Report.model_validate(raw))
    assert len(of_class(root, "step", "rect")) == 1
    assert len(list(root.iter("h2"))) == 1


def test_the_command_draws_a_report(tmp_path) -> None:
    (tmp_path / "report.json").write_text(example().model_dump_json(by_alias=True))
    arguments = [sys.executable, "-m", "e2e.demo.picture", str(tmp_path / "report.json"), str(tmp_path / "page.html")]
    environment = {"PYTHONPATH": f"{ROOT / 'operator'}:{ROOT}"}
    subprocess.run(arguments, check=True, cwd=ROOT, env=environment, timeout=60)
    assert (tmp_path / "page.html").read_text() == draw(example())
