"""Object storage as commands use it: as the user, with credentials from the environment or from a Secret."""

from __future__ import annotations

import argparse
import base64
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from leeboard.api.reasons import hint
from leeboard.cli.errors import CommandError
from leeboard.storage.authorities import AUTHORITIES, SECRET_KEY
from leeboard.storage.errors import StorageError
from leeboard.storage.opening import ENDPOINT, open_store
from leeboard.storage.store import Store

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION")
_VARIABLES = {**{key: key for key in _KEYS}, SECRET_KEY: AUTHORITIES}
"""Keys of a Secret, and the variables by which stores know them."""


@dataclass(frozen=True)
class Access:
    """How storage is reached: the endpoint, None for the provider's own, and credentials."""

    endpoint: str | None
    environment: Mapping[str, str]

    def open(self, uri: str) -> Store:
        """The store at a URI. Raises CommandError where it cannot be opened here."""
        with storage_explained():
            try:
                return open_store(uri, endpoint=self.endpoint, environment=self.environment)
            except ModuleNotFoundError as error:
                raise missing(error, "storage") from error


def add_storage(parser: argparse.ArgumentParser) -> None:
    """The options that say how object storage is reached."""
    parser.add_argument(
        "--endpoint",
        metavar="URL",
        help=f"address of an S3-compatible server (default: ${ENDPOINT}, or the provider's)",
    )
    parser.add_argument(
        "--secret",
        metavar="NAME",
        help="Secret of the namespace with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (default: your environment)",
    )


async def access(options: argparse.Namespace, cluster: Cluster) -> Access:
    """What the options say. Raises CommandError where the Secret is not there or may not be read."""
    environment = {key: value for key, value in os.environ.items() if key in (*_KEYS, AUTHORITIES, ENDPOINT)}
    if options.secret:
        data = (await cluster.secret(options.secret)).get("data") or {}
        environment |= {
            variable: base64.b64decode(data[key]).decode() for key, variable in _VARIABLES.items() if key in data
        }
    return Access(options.endpoint, environment)


def place(text: str) -> str:
    """A place as a URI that ends in a slash: one with a scheme as it is, a folder of this machine as file://."""
    uri = text if "://" in text else Path(text).expanduser().resolve().as_uri()
    return uri if uri.endswith("/") else f"{uri}/"


def missing(error: ModuleNotFoundError, extra: str) -> CommandError:
    """A package that only some commands need is not installed here."""
    return CommandError(f"this needs the package {error.name}", f"pip install 'leeboard[cli,{extra}]'")


@contextmanager
def storage_explained() -> Iterator[None]:
    """Turns what storage refuses into an error of the command, with its hint."""
    try:
        yield
    except StorageError as error:
        raise CommandError(f"{error.reason}: {error.message}", hint(error.reason)) from error
