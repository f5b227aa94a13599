"""Every relative link of the documentation leads to a file, and to a heading of it where one is named."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.support.markdown import anchors, links

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def broken(page: Path) -> list[str]:
    """The links of a page that lead nowhere, and why."""
    found = []
    for link in links(page.read_text(encoding="utf-8")):
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not target.is_relative_to(ROOT):
            found.append(f"{link} leads out of the project")
        elif not target.exists():
            found.append(f"{link} leads to nothing")
        elif parts.fragment and target.suffix == ".md" and unquote(parts.fragment) not in headings(target):
            found.append(f"{link}: there is no such heading")
    return found


def headings(page: Path) -> set[str]:
    """What a link may name after `#`."""
    return anchors(page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_resolves(page: Path) -> None:
    assert broken(page) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("[x](no-such-file.md)", 1),
        ("![x](no-such-picture.svg)", 1),
        ("[x](../../../../../../../../../../etc/hosts)", 1),
        ("[x](#no-such-heading)", 1),
        ("# A heading\n[x](#a-heading) [y](page.md#a-heading) [z](https://example.org/none)", 0),
    ],
)
def test_a_link_that_leads_nowhere_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, count: int
) -> None:
    monkeypatch.setattr("tests.unit.docs.test_links.ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    assert len(broken(page)) == count
