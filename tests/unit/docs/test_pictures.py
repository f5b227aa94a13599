"""Pictures of the documentation are whole in themselves: GitHub shows an SVG without scripts and foreign files."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

DOCS = Path(__file__).resolve().parents[3] / "docs"
PICTURES = sorted(DOCS.rglob("*.svg"))
NAMESPACE = "{http://www.w3.org/2000/svg}"
FORBIDDEN = {f"{NAMESPACE}{name}" for name in ("script", "image", "foreignObject", "a")}


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_well_formed_and_loads_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)  # noqa: S314 - a file of ours
    assert root.tag == f"{NAMESPACE}svg"
    assert root.get("viewBox")
    assert not {element.tag for element in root.iter()} & FORBIDDEN
    addresses = [value for element in root.iter() for name, value in element.items() if name.endswith("href")]
    assert all(address.startswith("#") for address in addresses)
    assert not re.search(r"url\((?!#)|@import", text)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_says_what_it_shows_and_has_colours_for_the_dark(path: Path) -> None:
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - a file of ours
    assert root.findtext(f"{NAMESPACE}title")
    assert root.findtext(f"{NAMESPACE}desc")
    assert "prefers-color-scheme: dark" in "".join(root.itertext())


def test_there_is_one() -> None:
    assert [path.name for path in PICTURES]
