"""The options that every command has, before the command's name or after it."""

import argparse


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
