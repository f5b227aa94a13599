"""What a command ends with when it cannot do what it was asked for, in words that help."""

import difflib
from collections.abc import Iterable

from leeboard.kube.errors import AlreadyExists, Forbidden, KubeError, NotFound, Unreachable
from leeboard.kube.resources import LEEBOARD_GROUP, Resource

_POLICY, _DENIED = "ValidatingAdmissionPolicy", "denied request: "
"""How the API server says that a policy, and not a missing right, refused a request."""
_MOST_NAMES = 10
_LIKENESS = 0.5
"""How like two names have to be to be taken for each other (difflib's ratio, 0 to 1)."""


class CommandError(Exception):
    """A command cannot go on. `message` says why, `hint` what can be done about it."""

    def __init__(self, message: str, hint: str = "", *, status: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status


class Taken(CommandError):
    """An object of that name is there already."""


def refusal(error: KubeError, verb: str, resource: Resource, namespace: str | None, server: str) -> CommandError:
    """What the API server's answer means for the user, who wanted to `verb` the resource."""
    kind = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    place = "in any namespace" if namespace is None else f"in namespace {namespace}"
    if isinstance(error, AlreadyExists):
        return Taken(f"{kind}: {_said(error)}")
    if isinstance(error, Forbidden) or _POLICY in error.message:
        return _forbidden(error, verb, resource, place, server)
    if isinstance(error, NotFound):
        return CommandError(
            f"the cluster at {server} does not serve {kind} in version {resource.version}",
            "Leeboard is not installed there, or in another version; check --context, or install its chart: "
            "helm install leeboard charts/leeboard --namespace leeboard-system --create-namespace",
        )
    if isinstance(error, Unreachable) and error.status == 0:
        return CommandError(f"the API server at {server} does not answer", _said(error))
    return CommandError(f"the API server at {server} refused to {verb} {kind} {place}", _said(error))


def _forbidden(error: KubeError, verb: str, resource: Resource, place: str, server: str) -> CommandError:
    """Told apart: nobody knows the user, a policy says no, and a right is missing."""
    kind = f"{resource.plural}.{resource.group}" if resource.group else resource.plural
    if _POLICY in error.message:
        said = error.message.partition(_DENIED)[2] or _said(error)
        return CommandError(f"a policy of the cluster does not let you {verb} {kind} {place}", said, status=3)
    if error.status == 401:
        return CommandError(f"the API server at {server} does not know who you are", "log in anew, or check --context")
    return CommandError(f"you may not {verb} {kind} {place}", f"{_needed(verb, resource, kind)}; {_quoted(error)}")


def unknown(what: str, name: str, namespace: str, there: Iterable[str]) -> CommandError:
    """There is no such object: which one may have been meant, and which there are."""
    names = sorted(there)
    near = difflib.get_close_matches(name, names, n=3, cutoff=_LIKENESS)
    if near:
        hint = f"did you mean {' or '.join(near)}?"
    else:
        hint = f"there are: {some(names)}" if names else "there is none at all; check --namespace"
    return CommandError(f"there is no {what} {name} in namespace {namespace}", hint)


def some(names: Iterable[str]) -> str:
    """Up to ten names, and how many more there are."""
    listed = list(names)
    more = len(listed) - _MOST_NAMES
    return ", ".join(listed[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _needed(verb: str, resource: Resource, kind: str) -> str:
    """The right that is missing, and which of the chart's roles has it."""
    right = f"needed is the verb {verb} on {kind}"
    if resource.group != LEEBOARD_GROUP:
        return right
    return (
        f"{right}, which the chart's ClusterRole leeboard-{'view' if verb in ('get', 'list', 'watch') else 'edit'} has"
    )


def _quoted(error: KubeError) -> str:
    return f"the API server says: {_said(error)}"


def _said(error: KubeError) -> str:
    """The message without the request, which `leeboard.kube.errors` puts before it."""
    _, _, said = error.message.partition(": ")
    return said or error.message
