"""What tests read out of Markdown pages: fenced blocks, the Kubernetes documents in them, links, and headings."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Document = dict[str, Any]

SHELLS = frozenset({"sh", "bash", "shell", "console"})
_FENCE = re.compile(r"^(?P<indent> *)(?P<mark>`{3,}|~{3,})(?P<info>[^`\n]*)$")
_HEREDOC = re.compile(r"<<-?\s*(['\"]?)(\w+)\1[^\n]*\n(.*?)\n\s*\2\s*$", re.DOTALL | re.MULTILINE)
_INLINE_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_INLINE_LINK = re.compile(r"\]\(\s*<?([^\s)>]+)>?(?:\s+[\"'(][^)]*)?\)")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s*<?([^\s>]+)>?", re.MULTILINE)
_ATTRIBUTE = re.compile(r"<[^>]*?\b(?:src|srcset|href)=[\"']([^\"']+)[\"']", re.DOTALL)
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: the first word after the fence, the line of the fence counted from 1, and the text."""

    language: str
    line: int
    text: str


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order; one that is never closed reaches to the page's end."""
    opened: re.Match[str] | None = None
    first, lines = 0, list[str]()
    for number, line in enumerate(page.splitlines(), start=1):
        fence = _FENCE.match(line)
        if opened is None:
            if fence is not None:
                opened, first, lines = fence, number, []
        elif fence is not None and fence["mark"].startswith(opened["mark"]) and not fence["info"].strip():
            yield _block(opened, first, lines)
            opened = None
        else:
            lines.append(line)
    if opened is not None:
        yield _block(opened, first, lines)


def kubernetes_documents(page: str) -> Iterator[tuple[int, Document]]:
    """The line of the block and every document with apiVersion in blocks of YAML and here-documents of shells.

    Raises yaml.YAMLError where a block of YAML is none.
    """
    for block in blocks(page):
        if block.language in {"yaml", "yml"}:
            texts = [block.text]
        elif block.language in SHELLS:
            texts = [match[3] for match in _HEREDOC.finditer(block.text) if "apiVersion:" in match[3]]
        else:
            continue
        for text in texts:
            for document in yaml.safe_load_all(text):
                if isinstance(document, dict) and "apiVersion" in document:
                    yield block.line, document


def links(page: str) -> Iterator[str]:
    """The targets of all links and pictures of a page, as they are written; code holds none."""
    prose = _INLINE_CODE.sub("", without_blocks(page))
    for pattern in (_INLINE_LINK, _REFERENCE, _ATTRIBUTE):
        for match in pattern.finditer(prose):
            yield match[1]


def anchors(page: str) -> set[str]:
    """What a link may name after `#`: the headings as GitHub writes them, each once."""
    headings = _HEADING.findall(without_blocks(page))
    return {re.sub(r"[^\w\- ]", "", _plain(heading).lower()).replace(" ", "-") for heading in headings}


def without_blocks(page: str) -> str:
    """The page with every fenced block emptied."""
    lines = page.splitlines()
    for block in blocks(page):
        end = block.line + block.text.count("\n")
        lines[block.line - 1 : end + 1] = [""] * (end + 2 - block.line)
    return "\n".join(lines)


def _block(opened: re.Match[str], line: int, lines: list[str]) -> Block:
    words = opened["info"].split()
    return Block(words[0].lower() if words else "", line, textwrap.dedent("".join(f"{one}\n" for one in lines)))


def _plain(heading: str) -> str:
    """A heading without its links and marks."""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").replace("*", "")
