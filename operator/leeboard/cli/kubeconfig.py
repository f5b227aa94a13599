"""Which API server is asked, as whom, and in which namespace: from a kubeconfig, or from the pod's own account."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubernetes.aio import client as aio_client
from kubernetes.aio import config as aio_config
from kubernetes.aio.config.incluster_config import SERVICE_TOKEN_FILENAME

from leeboard.cli.errors import CommandError

_DEFAULT = "~/.kube/config"
_DEFAULT_NAMESPACE = "default"
_POD_NAMESPACE = Path(SERVICE_TOKEN_FILENAME).with_name("namespace")
_HINT = "name one by --kubeconfig or in KUBECONFIG"


@dataclass(frozen=True)
class Target:
    """An API server with credentials (`configuration` is the client's own), and the namespace that is meant."""

    configuration: Any
    server: str
    namespace: str


async def load_target(
    kubeconfig: str | None, context: str | None, namespace: str | None, environment: Mapping[str, str] = os.environ
) -> Target:
    """The target of a command, as kubectl finds it.

    Several files may stand in KUBECONFIG, as in kubectl's. In a pod without a kubeconfig it is the pod's own cluster.
    Raises CommandError where there is no usable kubeconfig or context.
    """
    named = kubeconfig or environment.get("KUBECONFIG", "")
    paths = _paths(named or _DEFAULT)
    files = [path for path in paths if path.is_file()]
    if files:
        return await _from_files(files, context, namespace)
    if not named and not context and _in_pod():
        return _from_pod(namespace)
    raise CommandError(f"no cluster: there is no kubeconfig at {' or '.join(map(str, paths))}", _HINT)


def _paths(text: str) -> list[Path]:
    return [Path(path).expanduser() for path in text.split(os.pathsep) if path]


def _in_pod() -> bool:
    return Path(SERVICE_TOKEN_FILENAME).exists()


async def _from_files(files: list[Path], context: str | None, namespace: str | None) -> Target:
    place = ", ".join(map(str, files))
    contexts, current = _contexts(files)
    wanted = context or current
    known = f"it has {', '.join(contexts)}" if contexts else "it has no contexts"
    if not wanted:
        raise CommandError(f"no cluster: {place} has no current context", f"name one by --context: {known}")
    if wanted not in contexts:
        raise CommandError(f"no cluster: {place} has no context {wanted}", known)
    configuration = aio_client.Configuration()
    try:
        await aio_config.load_kube_config(
            config_file=os.pathsep.join(map(str, files)),
            context=wanted,
            client_configuration=configuration,
            persist_config=False,
        )
    except (aio_config.ConfigException, OSError, ValueError) as error:
        raise CommandError(f"context {wanted} of {place} cannot be used", str(error)) from error
    return Target(configuration, configuration.host, namespace or contexts[wanted] or _DEFAULT_NAMESPACE)


def _contexts(files: list[Path]) -> tuple[dict[str, str], str]:
    """The namespace of every context, and the name of the current context; both empty where there is none.

    The first file that says something is right, as it is to kubectl.
    """
    contexts: dict[str, str] = {}
    current = ""
    for file in files:
        try:
            document = yaml.safe_load(file.read_text(encoding="utf-8"))
            for entry in document.get("contexts") or ():
                contexts.setdefault(entry["name"], (entry.get("context") or {}).get("namespace") or "")
            current = current or document.get("current-context") or ""
        except (OSError, ValueError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
            raise CommandError(f"no cluster: {file} is not a kubeconfig", _HINT) from error
    return contexts, current


def _from_pod(namespace: str | None) -> Target:
    configuration = aio_client.Configuration()
    try:
        aio_config.load_incluster_config(client_configuration=configuration)
        own = _POD_NAMESPACE.read_text(encoding="utf-8").strip()
    except (aio_config.ConfigException, OSError) as error:
        raise CommandError("no cluster: the pod's own account cannot be used", str(error)) from error
    return Target(configuration, configuration.host, namespace or own or _DEFAULT_NAMESPACE)
