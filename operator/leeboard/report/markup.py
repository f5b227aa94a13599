"""HTML and SVG as text that is also well-formed XML. Whatever is not Markup is escaped."""

import html
import re

NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")

Attribute = str | float


class Markup(str):
    """Text that was escaped, or written by this program."""

    __slots__ = ()


def escaped(text: str) -> Markup:
    """Any text, safe between tags and inside attributes; characters that XML has no place for become U+FFFD."""
    return Markup(html.escape(NOT_IN_XML.sub("\ufffd", text), quote=True))


def join(*parts: str) -> Markup:
    """The parts one after the other."""
    return Markup("".join(part if isinstance(part, Markup) else escaped(part) for part in parts))


_WIDE = 600
"""Pixels."""


def element(name: str, /, *children: str, **attributes: Attribute) -> Markup:
    """One element. `class_` stands for class, `aria_label` for aria-label; numbers have two decimals at most."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"' for key, value in attributes.items() if value != ""
    )
    content = join(*children)
    return Markup(f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>")


def paragraph(name: str, class_: str, *children: str) -> Markup:
    """An HTML element that is never written as an empty tag, which HTML would read as an opening one."""
    return Markup(f'<{name} class="{class_}">{join(*children)}</{name}>')


def picture(width: float, height: float, title: str, *children: str) -> Markup:
    """An inline SVG that scales with the page; `title` is what a screen reader says.

    One that is as wide as a page is pushed aside on a narrow one, where its words could not be read if it shrank.
    """
    return element(
        "svg",
        *children,
        class_="wide" if width >= _WIDE else "",
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
        aria_label=title,
        xmlns="http://www.w3.org/2000/svg",
    )


def words(x: float, y: float, text: str, class_: str = "", anchor: str = "start", *, title: str = "") -> Markup:
    """A line of text in an SVG, with what is shown on hovering."""
    children = [text] if not title else [text, element("title", title)]
    return element("text", *children, x=x, y=y, class_=class_, text_anchor="" if anchor == "start" else anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line in an SVG."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def box(x: float, y: float, width: float, height: float, class_: str, *children: str, radius: float = 0) -> Markup:
    """A rectangle in an SVG, nothing narrower than nothing."""
    size: dict[str, Attribute] = {"width": max(width, 0.0), "height": max(height, 0.0)}
    return element("rect", *children, x=x, y=y, **size, class_=class_, rx=radius or "")


def shortened(text: str, length: int) -> str:
    """The text, cut with an ellipsis where it is longer."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _value(value: Attribute) -> str:
    return escaped(value) if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
