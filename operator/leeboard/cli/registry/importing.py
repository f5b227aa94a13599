"""`leeboard import`: a model that was made elsewhere becomes a version, shown as unverified for ever."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from leeboard.api import names
from leeboard.api.base import API_VERSION
from leeboard.api.lineage_digest import lineage_digest
from leeboard.api.model import Model
from leeboard.api.model_format import FORMATS, OPAQUE
from leeboard.api.model_version import ModelVersion
from leeboard.api.reasons import Reason, hint
from leeboard.cli.command import DONE, Command, Session, on_cluster
from leeboard.cli.errors import CommandError, Taken, unknown
from leeboard.cli.objects import parsed, read
from leeboard.cli.options import add_output
from leeboard.cli.registry.archived import MANIFEST, canonical
from leeboard.cli.registry.measuring import Measured, measure
from leeboard.cli.registry.storing import Access, access, add_storage, place, storage_explained
from leeboard.cli.show import styles
from leeboard.cli.show.quantities import digest
from leeboard.cli.show.text import styled
from leeboard.planning.training.registration import ARCHIVED
from leeboard.runner.model_folder import UnfitModel, inspected
from leeboard.storage.digests import digest_of
from leeboard.storage.manifest import Manifest

if TYPE_CHECKING:
    from leeboard.cli.cluster import Cluster

_NOT_ALLOWED = "runs code that came with the model, and the Model does not say serving.allowUnsafeFormats"


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="the Model that it becomes a version of")
    parser.add_argument(
        "--from", dest="source", metavar="PLACE", required=True, help="a file, a folder, or s3://bucket/folder/"
    )
    parser.add_argument("--to", metavar="URI", required=True, help="folder in storage below which its files are put")
    parser.add_argument("--reason", metavar="TEXT", required=True, help="why it is imported, and from where")
    parser.add_argument(
        "--reference",
        metavar="FILE",
        type=Path,
        help="Parquet or CSV: inputs as they will be served; without them no pod can serve it",
    )
    parser.add_argument(
        "--holdout",
        metavar="FILE",
        type=Path,
        help="with --reference: rows with a column label that gates are decided on",
    )
    add_storage(parser)
    add_output(parser, "text")


@dataclass(frozen=True)
class Found:
    """A model's files in a folder of this machine, and what they are; `doubt` says why none of them is loaded."""

    folder: Path
    manifest: Manifest
    format: str
    doubt: str


async def _import(session: Session, cluster: Cluster) -> int:
    options, namespace = session.options, cluster.namespace
    models = parsed(await read(cluster, (Model,), namespace)).models
    model = next((one for one in models if one.metadata.name == options.model), None)
    if model is None:
        raise unknown("Model", options.model, namespace, (one.metadata.name for one in models))
    reach = await access(options, cluster)
    with tempfile.TemporaryDirectory(prefix="leeboard-") as scratch:
        allowed = model.spec.serving.allow_unsafe_formats
        found = bring(options.source, reach, Path(scratch) / "model", allow_unsafe=allowed)
        measured = _measured(session, found, model)
        root = f"{place(options.to)}{version_name(model, found)}/"
        document = version_document(model, found, measured, root, options.reason)
        _upload(found, measured, document, root, reach)
    document["metadata"]["namespace"] = namespace
    try:
        await cluster.create(document)
        result = "registered"
    except Taken:
        result = "is there already"
    _show(session, document, result, found)
    return DONE


def bring(source: str, reach: Access, folder: Path, *, allow_unsafe: bool = False) -> Found:
    """The files of a model in a folder, and what they are. Raises CommandError.

    The format is the one that the files have, whether or not the Model allows it: that may change, a version does not.
    """
    if "://" in source:
        store = reach.open(place(source))
        with storage_explained():
            keys = [entry.key for entry in store.list() if not entry.key.endswith("/")]
            inner = "model/" if any(key.startswith("model/") for key in keys) else ""
            for key in keys:
                if key.startswith(inner):
                    store.read_to(key, folder / key.removeprefix(inner))
    else:
        path = Path(source).expanduser()
        if not path.exists():
            raise CommandError(f"there is no {path}")
        folder.mkdir(parents=True)
        if path.is_dir():
            shutil.copytree(path, folder, dirs_exist_ok=True, symlinks=True)
        else:
            shutil.copy(path, folder / _main_file(path))
    if not folder.is_dir() or not any(folder.iterdir()):
        raise CommandError(f"there is nothing at {source}")
    try:
        model = inspected(folder, allow_unsafe=True)
        doubt = f"{model.format} {_NOT_ALLOWED}" if not (model.safe or allow_unsafe) else ""
        return Found(folder, model.manifest, model.format, doubt)
    except UnfitModel as unfit:
        if unfit.reason is Reason.BAD_DATA:
            raise CommandError(f"{source}: {unfit}") from unfit
        doubt = f"registered only, never loaded: {unfit}"
    try:
        return Found(folder, Manifest.of_directory(folder), OPAQUE, doubt)
    except ValueError as error:
        raise CommandError(f"{source}: {error}") from error


def _main_file(path: Path) -> str:
    """The name under which a single file is known as a model, whatever it was called; its own where it is none."""
    names = {Path(name).suffix: name for one in FORMATS.values() for name in one.files}
    return names.get(".pkl" if path.suffix == ".pickle" else path.suffix, path.name)


def _measured(session: Session, found: Found, model: Model) -> Measured | None:
    options = session.options
    if options.reference is None:
        if options.holdout is not None:
            raise CommandError("--holdout needs --reference, which says what the inputs are", status=2)
        return None
    if found.doubt:
        raise CommandError(f"it cannot be measured: {found.doubt}", hint(Reason.UNSAFE_FORMAT))
    return measure(found.folder, found.format, model, options.reference, options.holdout)


def version_name(model: Model, found: Found) -> str:
    """The same name for the same bytes, so that importing twice registers once."""
    return names.child_name(model.metadata.name, "import", digest(found.manifest.digest)[:10])


def version_document(model: Model, found: Found, measured: Measured | None, root: str, reason: str) -> dict[str, Any]:
    """The ModelVersion, with what is known and nothing else."""
    spec: dict[str, Any] = {
        "modelRef": {"name": model.metadata.name},
        "source": {"import": {"reason": reason}},
        "artifact": {
            "uri": root,
            "digest": found.manifest.digest,
            "format": found.format,
            "bytes": found.manifest.bytes,
        },
    }
    if measured is not None:
        spec["profile"] = {"uri": f"{root}evaluation/profile.json", "digest": digest_of(measured.profile)}
        spec["goldenSamples"] = {"uri": f"{root}evaluation/golden.json", "digest": digest_of(measured.golden)}
        spec["signature"] = measured.signature
        spec["metrics"] = measured.metrics
        spec["artifact"]["libraries"] = measured.libraries
    labels = {names.MANAGED_BY: names.MANAGER, names.MODEL: names.label_value(model.metadata.name)}
    return {
        "apiVersion": API_VERSION,
        "kind": ModelVersion.KIND,
        "metadata": {"name": version_name(model, found), "labels": labels},
        "spec": spec,
    }


def _upload(found: Found, measured: Measured | None, document: dict[str, Any], root: str, reach: Access) -> None:
    """Files first, and the document last; nothing is overwritten."""
    store = reach.open(root)
    with storage_explained():
        for file in found.manifest.files:
            store.put_file(f"model/{file.path}", found.folder / file.path)
        store.put(MANIFEST, found.manifest.to_bytes())
        if measured is not None:
            store.put("evaluation/profile.json", measured.profile)
            store.put("evaluation/golden.json", measured.golden)
        store.put(ARCHIVED, canonical(document))


def _show(session: Session, document: dict[str, Any], result: str, found: Found) -> None:
    version = ModelVersion.parse(document)
    lineage = lineage_digest(version.spec)
    if session.options.output != "text":
        told = {"name": version.metadata.name, "result": result, "lineageDigest": lineage, "verified": False}
        session.terminal.document(told | {"spec": document["spec"]}, session.options.output)
        return
    lines = [
        styled("version ", (version.metadata.name, styles.NAME), f" {result}, ", ("unverified", styles.NOTICE)),
        styled(f"artefact {digest(version.spec.artifact.digest)} {version.spec.artifact.uri}, {found.format}"),
    ]
    if found.doubt:
        lines.append(styled((found.doubt, styles.NOTICE)))
    elif version.spec.profile is None:
        text = "no pod can serve it: --reference gives it the profile and the golden samples that serving rests on"
        lines.append(styled((text, styles.NOTICE)))
    else:
        lines.append(
            styled(f"it awaits an approval: leeboard approve {version.spec.model_ref.name}/{version.metadata.name}")
        )
    session.terminal.lines(lines)


COMMAND = Command(
    name="import",
    summary="register a model that was made elsewhere, as unverified",
    description="Register a model that no run of Leeboard trained. Its files are put into object storage under their"
    " digest, and the ModelVersion says that nobody observed by which code and from which data it was made: it is shown"
    " as unverified everywhere, and somebody has to approve it before it serves."
    "\n\nThe format is told by the names of the files: model.skops, model.onnx, model.json or model.ubj of XGBoost,"
    " model.txt of LightGBM; these load without running code of the model's. model.py, model.pkl and model.joblib run"
    " it, here too, and are loaded only where the Model says serving.allowUnsafeFormats. Any other file is registered"
    " and never loaded. With --reference, the inputs as they will be served, the version gets its signature,"
    " the profile that drift is measured against, and the golden samples without whose answers no pod is ready; with"
    " --holdout also the metrics that gates look at.",
    configure=_configure,
    run=on_cluster(_import),
    examples=(
        ("import late-flights --from old/ --to s3://models/ --reason notebook", "registered only"),
        ("import late-flights … --reference rows.parquet", "it can serve"),
        ("import late-flights … --reference rows.parquet --holdout test.parquet", "with metrics"),
    ),
)
