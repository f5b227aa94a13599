"""Tests change and delete what they find: they touch no cluster but those that the project starts itself."""

import ipaddress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

CONTEXT = "leeboard"
OWN = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("10.200.0.0/16"))
"""Control planes listen on loopback, nodes in network namespaces of the project's own."""


class NotOurs(AssertionError):
    """The kubeconfig leads to a cluster that the project has not started."""


@cache
def insist(kubeconfig: Path) -> None:
    """Raises NotOurs unless every context of the file is the project's own and leads to an address of its own."""
    config: dict[str, Any] = yaml.safe_load(kubeconfig.read_text(encoding="utf-8")) or {}
    contexts = {one["name"] for one in config.get("contexts") or ()}
    if contexts != {CONTEXT}:
        raise NotOurs(f"tests run on no cluster but their own: {kubeconfig} has the contexts {sorted(contexts)}")
    for one in config["clusters"]:
        host = urlsplit(one["cluster"]["server"]).hostname or ""
        if not _own(host):
            raise NotOurs(f"tests run on no cluster but their own: {kubeconfig} leads to {host}")


def _own(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in OWN)
