"""A page as a whole: one HTML file that needs nothing else, light and dark."""

from pathlib import Path

from leeboard.report.markup import Markup, element, paragraph

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def page(title: str, *content: Markup) -> str:
    """The file: no scripts, no fonts, nothing from a network."""
    head = element(
        "head",
        Markup('<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'),
        Markup('<meta name="color-scheme" content="light dark"/>'),
        element("title", title),
        Markup(f"<style>{STYLE}</style>"),
    )
    body = element("body", element("main", *content))
    whole = element("html", head, body, lang="en", xmlns="http://www.w3.org/1999/xhtml")
    return f"<!DOCTYPE html>\n{whole}\n"


def section(title: str, note: str, *content: Markup) -> Markup:
    """A part of the page under its heading."""
    heading = element("h2", title, *([paragraph("small", "", note)] if note else []))
    return element("section", heading, *content)
