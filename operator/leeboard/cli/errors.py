"""What a command ends with when it cannot do what it was asked for, in words that help."""

from leeboard.kube.errors import Forbidden, KubeError, NotFound, Unreachable
from leeboard.kube.resources import Resource


class CommandError(Exception):
    """A command cannot go on. `message` says why, `hint` what can be done about it."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def refusal(error: KubeError, verb: str, resource: Resource, namespace: str | None, server: str) -> CommandError:
    """What the API server's answer means for the user, who wanted to `verb` the resource."""
    kind = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    place = "in any namespace" if namespace is None else f"in namespace {namespace}"
    if isinstance(error, Forbidden) and error.status == 401:
        return CommandError(f"the API server at {server} does not know who you are", "log in anew, or check --context")
    if isinstance(error, Forbidden):
        return CommandError(f"you may not {verb} {kind} {place}", f"the API server says: {_said(error)}")
    if isinstance(error, NotFound):
        return CommandError(
            f"the cluster at {server} does not serve {kind} in version {resource.version}",
            "Leeboard is not installed there, or in another version: install its chart, or check --context",
        )
    if isinstance(error, Unreachable) and error.status == 0:
        return CommandError(f"the API server at {server} does not answer", _said(error))
    return CommandError(f"the API server at {server} refused to {verb} {kind} {place}", _said(error))


def _said(error: KubeError) -> str:
    """The message without the request, which `leeboard.kube.errors` puts before it."""
    _, _, said = error.message.partition(": ")
    return said or error.message
