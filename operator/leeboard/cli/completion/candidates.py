"""What may follow the words that were typed so far."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Names = Literal["", "model", "model/version", "trainingjob", "any", "version-any", "listing"]
"""Which names of the cluster may stand there; empty for none."""

_NAMES: dict[tuple[str, str], Names] = {
    ("get", "model"): "model",
    ("lineage", "target"): "model/version",
    ("describe", "target"): "any",
    ("why", "target"): "version-any",
    ("train", "job"): "trainingjob",
    ("promote", "target"): "model",
    ("abort", "target"): "model",
    ("pause", "target"): "model",
    ("resume", "target"): "model",
    ("rollback", "target"): "model/version",
    ("retry", "target"): "model/version",
    ("approve", "target"): "model/version",
    ("export", "target"): "model/version",
    ("import", "model"): "model",
    ("restore", "model"): "model",
    ("bucket", "model"): "model",
}


@dataclass(frozen=True)
class Offer:
    """Words that may come next, which names of objects may too, and the options that stand before the command."""

    words: tuple[str, ...]
    names: Names = ""


def offer(parser: argparse.ArgumentParser, typed: Sequence[str]) -> Offer:
    """What may follow `typed`, whose last word is the beginning of what is completed."""
    *before, current = typed or [""]
    command, rest = _command(parser, before)
    if command is None:
        return Offer(tuple(sorted(_subparsers(parser))) if not current.startswith("-") else _options(parser))
    own = _subparsers(parser)[command]
    awaiting = _awaiting(own, rest)
    if awaiting is not None:
        return _values(command, awaiting)
    if current.startswith("-"):
        return Offer(_options(own))
    position = _position(own, rest)
    return _values(command, position) if position is not None else Offer(())


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    choices: dict[str, argparse.ArgumentParser] = found.choices
    return choices


def _command(parser: argparse.ArgumentParser, words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The command among the words, and what comes after it."""
    index = 0
    while index < len(words):
        word = words[index]
        if word in _subparsers(parser):
            return word, list(words[index + 1 :])
        takes = _option(parser, word)
        index += 2 if takes is not None and takes.nargs != 0 and "=" not in word else 1
    return None, []


def _option(parser: argparse.ArgumentParser, word: str) -> argparse.Action | None:
    return next((action for action in parser._actions if word in action.option_strings), None)


def _awaiting(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Action | None:
    """The option whose value is typed now."""
    action = _option(parser, words[-1]) if words else None
    return action if action is not None and action.nargs != 0 else None


def _position(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Action | None:
    """The positional argument that is typed now."""
    given, skip = 0, False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("-"):
            action = _option(parser, word)
            skip = action is not None and action.nargs != 0
        else:
            given += 1
    places = [action for action in parser._actions if not action.option_strings]
    if places and given >= len(places):
        return places[-1] if places[-1].nargs == "+" else None
    return places[given] if given < len(places) else None


def _values(command: str, action: argparse.Action) -> Offer:
    if action.choices is not None:
        return Offer(tuple(str(one) for one in action.choices))
    names = _NAMES.get((command, action.dest), "")
    if command == "get" and action.dest == "what":
        return Offer(("models", "versions", "runs", "monitors"))
    if names in ("any", "version-any"):
        kinds = ("model", "version", "run") + (("trainingjob", "monitor") if names == "any" else ())
        return Offer(kinds, names)
    return Offer((), names)


def _options(parser: argparse.ArgumentParser) -> tuple[str, ...]:
    return tuple(option for action in parser._actions for option in action.option_strings if option.startswith("--"))
