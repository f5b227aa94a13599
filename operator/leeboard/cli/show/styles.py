"""Colours by meaning. What they say is always said in words too."""

from typing import Final

NAME: Final = "bold"
HEADING: Final = "bold"
LABEL: Final = "dim"
QUIET: Final = "dim"
DIGEST: Final = "cyan"
GOOD: Final = "green"
BAD: Final = "red"
NOTICE: Final = "yellow"

_OF_WORD: Final = {
    "True": GOOD,
    "False": BAD,
    "Unknown": NOTICE,
    "Succeeded": GOOD,
    "Failed": BAD,
    "Stable": GOOD,
    "Drift": BAD,
    "Inconclusive": NOTICE,
    "NoNewData": QUIET,
    "better": GOOD,
    "worse": BAD,
    "unclear": QUIET,
}


def of_word(word: str) -> str:
    """The style of a condition's status, a run's phase, a verdict or a comparison; plain where it has none."""
    return _OF_WORD.get(word, "")
