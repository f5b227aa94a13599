"""The options that every command has, before the command's name or after it."""

import argparse
from datetime import timedelta

from leeboard.api.durations import parse_duration


def shared_options(*, default: str | None) -> argparse.ArgumentParser:
    """A parent parser.

    `default` is None before the command's name; after it argparse.SUPPRESS, so that what stands before it is kept.
    """
    parser = argparse.ArgumentParser(add_help=False, argument_default=default)
    group = parser.add_argument_group("cluster")
    group.add_argument("--kubeconfig", metavar="FILE", help="kubeconfig to use (default: $KUBECONFIG, ~/.kube/config)")
    group.add_argument("--context", metavar="NAME", help="context of the kubeconfig (default: its current context)")
    group.add_argument("-n", "--namespace", metavar="NAME", help="namespace to look at (default: the context's)")
    return parser


def add_output(parser: argparse.ArgumentParser, plain: str) -> None:
    """The option that asks for JSON or YAML instead of what a person reads."""
    parser.add_argument("-o", "--output", choices=(plain, "json", "yaml"), default=plain, help="how it is shown")


def add_waiting(parser: argparse.ArgumentParser, *, seconds: int) -> None:
    """The options of commands that wait for the operator."""
    parser.add_argument("--no-wait", action="store_true", help="do not wait until the operator has acted on it")
    parser.add_argument(
        "--timeout",
        metavar="TIME",
        type=duration,
        default=timedelta(seconds=seconds),
        help=f"longest time to wait, such as 90s or 10m (default: {seconds}s)",
    )


def duration(text: str) -> timedelta:
    """A span of time as the four kinds write it. Raises argparse.ArgumentTypeError."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no span of time such as 90s or 10m") from error
