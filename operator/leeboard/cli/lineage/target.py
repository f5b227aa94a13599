"""Which version a user means by MODEL or MODEL/VERSION."""

from leeboard.api.model_version import ModelVersion
from leeboard.cli.errors import CommandError, some, unknown
from leeboard.cli.objects import Objects
from leeboard.planning.rollout.selection import age_order


def resolve(target: str, objects: Objects, namespace: str) -> ModelVersion:
    """The version meant: the Model's champion, or the one of that name or run.

    A version is found although its Model is gone: the registry outlives it. Raises CommandError, which says what
    there is instead.
    """
    model_name, slash, wanted = target.partition("/")
    if not model_name or (slash and not wanted):
        raise CommandError(f"{target!r} is neither MODEL nor MODEL/VERSION")
    own = [one for one in objects.versions if one.spec.model_ref.name == model_name]
    own.sort(key=age_order, reverse=True)
    if wanted:
        return _version(model_name, wanted, own, objects, namespace)
    model = objects.model(namespace, model_name)
    if model is None:
        raise _no_model(model_name, own, objects, namespace)
    if model.status.champion is None:
        ready = model.condition("Ready")
        why = f": {ready.message}" if ready is not None and ready.message else ""
        raise CommandError(f"{model_name} has no champion{why}", _instead(model_name, own))
    champion = model.status.champion.name
    found = next((one for one in own if one.metadata.name == champion), None)
    if found is None:
        raise CommandError(
            f"the champion of {model_name}, {champion}, is not in the registry any more", _instead(model_name, own)
        )
    return found


def _version(model: str, wanted: str, own: list[ModelVersion], objects: Objects, namespace: str) -> ModelVersion:
    for one in own:
        source = one.spec.source.training_job
        if wanted == one.metadata.name or (source is not None and wanted == source.run):
            return one
    if not own and objects.model(namespace, model) is None:
        raise _no_model(model, own, objects, namespace)
    raise CommandError(f"{model} has no version {wanted} in namespace {namespace}", _instead(model, own))


def _no_model(name: str, own: list[ModelVersion], objects: Objects, namespace: str) -> CommandError:
    message = f"there is no Model {name} in namespace {namespace}"
    if own:
        return CommandError(f"{message} any more", _instead(name, own))
    of_version = next((one for one in objects.versions if one.metadata.name == name), None)
    if of_version is not None:
        return CommandError(message, f"{name} is a version: leeboard lineage {of_version.spec.model_ref.name}/{name}")
    return unknown("Model", name, namespace, (one.metadata.name for one in objects.models))


def _instead(model: str, own: list[ModelVersion]) -> str:
    if not own:
        return f"{model} has no versions yet"
    newest = own[0].metadata.name
    return f"versions: {some([one.metadata.name for one in own])}; leeboard lineage {model}/{newest}"
