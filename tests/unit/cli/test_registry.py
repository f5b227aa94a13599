"""Import, export and restore: what is archived, what is verified, and that a lineage stays the same on its way."""

import json
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from leeboard.api.lineage_digest import lineage_digest
from leeboard.api.model import Model
from leeboard.api.model_version import ModelVersion
from leeboard.cli.errors import CommandError
from leeboard.cli.registry.archived import INDEX, Archived, canonical, read_bundle, read_storage, verify_artefact
from leeboard.cli.registry.export import portable, write_bundle
from leeboard.cli.registry.importing import bring, version_document
from leeboard.cli.registry.measuring import Measured
from leeboard.cli.registry.restore import document
from leeboard.cli.registry.restoring import intents, manifest_for, moved, upload, verified
from leeboard.cli.registry.storing import Access, place
from leeboard.storage.digests import digest_of
from leeboard.storage.file import FileStore
from leeboard.storage.manifest import Manifest
from tests.support.examples import Document, put
from tests.unit.cli import registry

HERE = Access(None, {})


def stored(root: Path, name: str, born: str, content: bytes = b"model") -> Document:
    """A version whose artefact lies in a folder of this machine, with its document archived beside it."""
    run = name.rpartition("-")[2]
    folder = root / run
    (folder / "model").mkdir(parents=True)
    (folder / "model" / "model.skops").write_bytes(content)
    (folder / "evaluation").mkdir()
    manifest = Manifest.of_directory(folder / "model")
    (folder / "manifest.json").write_bytes(manifest.to_bytes())
    uri = folder.as_uri() + "/"
    files = {}
    for part, file in (("profile", "profile"), ("goldenSamples", "golden")):
        data = f"{file} of {run}".encode()
        (folder / "evaluation" / f"{file}.json").write_bytes(data)
        files[part] = {"uri": f"{uri}evaluation/{file}.json", "digest": digest_of(data)}
    converted = f"ONNX of {run}".encode()
    (folder / "evaluation" / "accelerated.onnx").write_bytes(converted)
    files["accelerated"] = {
        "uri": f"{uri}evaluation/accelerated.onnx",
        "digest": digest_of(converted),
        "bytes": len(converted),
        "parity": {"rows": 256, "worst": "0.000001"},
    }
    artifact = {"uri": uri, "digest": manifest.digest, "format": "sklearn-skops", "bytes": len(content)}
    raw = registry.version(name, born, artifact=artifact, **files)
    (folder / "version.json").write_bytes(canonical(portable(raw, ModelVersion.parse(raw))))
    return raw


@pytest.fixture
def world(tmp_path: Path) -> list[Document]:
    root = tmp_path / "models"
    return [
        stored(root, registry.FIRST, registry.ago(days=41)),
        stored(root, registry.SECOND, registry.ago(days=12)),
        stored(root, registry.THIRD, registry.ago(hours=3)),
    ]


def exported(world: list[Document], folder: Path, *, artefacts: bool = True) -> list[Archived]:
    objects = registry.objects(versions=world)
    by_name = {raw["metadata"]["name"]: raw for raw in world}
    index = write_bundle(folder, objects.versions, by_name, objects, HERE if artefacts else None)
    (folder / INDEX).write_bytes(canonical(index))
    return list(read_bundle(FileStore(folder), "bundle"))


def lineages(raws: list[Document]) -> dict[str, str]:
    return {raw["metadata"]["name"]: lineage_digest(ModelVersion.parse(raw).spec) for raw in raws}


def test_what_runs_archived_is_found_with_its_age(world: list[Document], tmp_path: Path) -> None:
    found = list(read_storage(FileStore(tmp_path / "models"), "file:///models/"))
    assert {one.version.metadata.name: one.lineage for one in found} == lineages(world)
    assert sorted(one.registered_at for one in found) == sorted(raw["metadata"]["creationTimestamp"] for raw in world)
    for one in found:
        assert one.store is not None
        verify_artefact(one, one.store, one.prefix)


def test_a_bundle_has_the_lineages_of_the_registry_and_restores_elsewhere_with_the_same(
    world: list[Document], tmp_path: Path
) -> None:
    found = exported(world, tmp_path / "bundle")
    assert {one.version.metadata.name: one.lineage for one in found} == lineages(world)
    target = place(str(tmp_path / "elsewhere"))
    restored = [manifest_for(upload(one, HERE, target), one, "other") for one in found]
    assert lineages(restored) == lineages(world)
    for raw in restored:
        artifact = raw["spec"]["artifact"]
        assert artifact["uri"] == f"{target}{raw['metadata']['name']}/"
        again = Archived(raw, None, "")
        assert verify_artefact(again, HERE.open(artifact["uri"]), "").digest == artifact["digest"]
        profile = FileStore(tmp_path / "elsewhere" / raw["metadata"]["name"]).get("evaluation/profile.json")
        assert digest_of(profile) == raw["spec"]["profile"]["digest"]
        for part in ("goldenSamples", "accelerated"):
            place_of_file, _, key = raw["spec"][part]["uri"].partition(f"{raw['metadata']['name']}/")
            assert place_of_file == target
            found_there = FileStore(tmp_path / "elsewhere" / raw["metadata"]["name"]).get(key)
            assert digest_of(found_there) == raw["spec"][part]["digest"]
        assert raw["metadata"]["namespace"] == "other" and "uid" not in raw["metadata"]
    assert upload(found[0], HERE, target)  # once more: the same bytes are no conflict


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (f"versions/{registry.FIRST}/version.json", "its document's digest differs"),
        (f"versions/{registry.FIRST}/artefact/model/model.skops", "DigestMismatch: model/model.skops"),
        (f"versions/{registry.FIRST}/artefact/manifest.json", "DigestMismatch: its manifest.json"),
        (f"versions/{registry.FIRST}/artefact/evaluation/golden.json", "DigestMismatch: evaluation/golden.json"),
    ],
)
def test_one_changed_byte_is_found(world: list[Document], tmp_path: Path, file: str, said: str) -> None:
    exported(world, tmp_path / "bundle")
    path = tmp_path / "bundle" / file
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(CommandError, match=said):
        for one in read_bundle(FileStore(tmp_path / "bundle"), "bundle"):
            upload(one, HERE, place(str(tmp_path / "elsewhere")))


def test_a_lineage_that_does_not_fit_its_digest_is_found(world: list[Document], tmp_path: Path) -> None:
    exported(world, tmp_path / "bundle")
    index = json.loads((tmp_path / "bundle" / INDEX).read_text())
    index["versions"][0]["lineageDigest"] = "sha256:" + 64 * "0"
    (tmp_path / "bundle" / INDEX).write_bytes(canonical(index))
    with pytest.raises(CommandError, match="its lineage's digest differs"):
        list(read_bundle(FileStore(tmp_path / "bundle"), "bundle"))


def test_without_files_a_bundle_is_verified_where_the_files_lie(world: list[Document], tmp_path: Path) -> None:
    found = exported(world, tmp_path / "bundle", artefacts=False)
    assert not (tmp_path / "bundle" / "versions" / registry.FIRST / "artefact").exists()
    (intent,) = intents(found[:1], [], [])
    verified(intent, HERE)
    (tmp_path / "models" / "1f0c77e2ab" / "model" / "model.skops").unlink()
    with pytest.raises(CommandError, match=r"model\.skops is missing"):
        verified(intent, HERE)


def test_what_serves_is_restored_first_then_from_new_to_old(world: list[Document], tmp_path: Path) -> None:
    found = list(read_storage(FileStore(tmp_path / "models"), "file:///models/"))
    order = [one.archived.version.metadata.name for one in intents(found, [], [registry.FIRST])]
    assert order == [registry.FIRST, registry.THIRD, registry.SECOND]
    order = [one.archived.version.metadata.name for one in intents(found, [], [])]
    assert order == [registry.THIRD, registry.SECOND, registry.FIRST]


def test_what_is_there_is_left_alone_and_another_lineage_is_a_conflict(world: list[Document], tmp_path: Path) -> None:
    found = list(read_storage(FileStore(tmp_path / "models"), "file:///models/"))
    live = [ModelVersion.parse(world[0]), ModelVersion.parse(put(world[1], "spec.seed", 99))]
    actions = {one.archived.version.metadata.name: one.action for one in intents([*found, *found], live, [])}
    assert actions == {registry.FIRST: "present", registry.SECOND: "conflict", registry.THIRD: "create"}


def test_two_documents_of_one_name_and_different_lineage(world: list[Document], tmp_path: Path) -> None:
    found = list(read_storage(FileStore(tmp_path / "models"), "file:///models/"))
    other = Archived(put(found[0].document, "spec.seed", 99), None, "")
    with pytest.raises(CommandError, match="of different lineage are archived"):
        intents([*found, other], [], [])


def test_a_document_that_is_no_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "version.json").write_text('{"kind": "Secret"}')
    with pytest.raises(CommandError, match="holds no ModelVersion"):
        list(read_storage(FileStore(tmp_path), "file:///x/"))


def test_a_place_in_storage_changes_no_lineage_and_everything_else_does(world: list[Document]) -> None:
    before = lineage_digest(ModelVersion.parse(world[0]).spec)
    elsewhere = moved(world[0], world[0]["spec"]["artifact"]["uri"], "s3://b/c/")
    assert elsewhere["spec"]["profile"]["uri"] == "s3://b/c/evaluation/profile.json"
    assert lineage_digest(ModelVersion.parse(elsewhere).spec) == before
    for path, value in (
        ("spec.seed", 99),
        ("spec.params", {}),
        ("spec.artifact.digest", registry.digest("x")),
        ("spec.datasets.0.digest", registry.digest("x")),
        ("spec.cause.reason", "another"),
        ("spec.code.commit", registry.commit("x")),
    ):
        assert lineage_digest(ModelVersion.parse(put(world[0], path, value)).spec) != before, path


def test_what_the_api_server_fills_in_changes_no_lineage(world: list[Document]) -> None:
    shaped = put(world[0], "spec.signature.inputs.0.shape", [-1])
    bare = put(world[0], "spec.signature.inputs.0.shape", None)
    assert lineage_digest(ModelVersion.parse(shaped).spec) == lineage_digest(ModelVersion.parse(bare).spec)


def test_the_document_of_a_restore(world: list[Document], tmp_path: Path) -> None:
    found = list(read_storage(FileStore(tmp_path / "models"), "file:///models/"))
    planned = intents(found[:1], [], [])
    (row,) = document("ml", "s3://b/", [(planned[0], "restored")])["versions"]
    assert row["lineageDigest"] == found[0].lineage and row["result"] == "restored" and row["registeredAt"]


def skops(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", "{}")
    return path


@pytest.mark.parametrize("as_folder", [True, False])
def test_a_model_that_skops_wrote_is_imported_under_its_digest(tmp_path: Path, as_folder: bool) -> None:
    (tmp_path / "old").mkdir()
    file = skops(tmp_path / "old" / ("model.skops" if as_folder else "flights.skops"))
    found = bring(str(tmp_path / "old" if as_folder else file), HERE, tmp_path / "new")
    assert (found.format, found.doubt, [one.path for one in found.manifest.files]) == (
        "sklearn-skops",
        "",
        ["model.skops"],
    )
    model = Model.parse(registry.model())
    raw = version_document(model, found, None, "s3://b/", "from a notebook")
    version = ModelVersion.parse(raw)
    assert version.metadata.name == f"late-flights-import-{found.manifest.digest[7:17]}"
    assert version.spec.source.import_ is not None and version.spec.code is None
    measured = Measured(b"p", b"g", {"inputs": [{"name": "a", "datatype": "FP64"}]}, [])
    whole = ModelVersion.parse(version_document(model, found, measured, "s3://b/", "x"))
    assert whole.spec.profile is not None and whole.spec.profile.digest == digest_of(b"p")


def test_a_pickle_is_registered_as_one_and_loaded_only_where_that_is_allowed(tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(b"\x80\x04whatever it holds is not looked at")
    found = bring(str(file), HERE, tmp_path / "new")
    assert found.format == "sklearn-pickle" and "does not say serving.allowUnsafeFormats" in found.doubt
    allowed = bring(str(file), HERE, tmp_path / "again", allow_unsafe=True)
    assert (allowed.format, allowed.doubt) == ("sklearn-pickle", "")


@pytest.mark.parametrize(
    ("name", "format", "file"),
    [
        ("late.onnx", "onnx", "model.onnx"),
        ("late.ubj", "xgboost", "model.ubj"),
        ("late.json", "xgboost", "model.json"),
        ("late.txt", "lightgbm", "model.txt"),
        ("late.pickle", "sklearn-pickle", "model.pkl"),
        ("late.joblib", "sklearn-joblib", "model.joblib"),
        ("late.py", "python", "model.py"),
        ("late.h5", "opaque", "late.h5"),
    ],
)
def test_a_single_file_is_known_by_its_suffix(tmp_path: Path, name: str, format: str, file: str) -> None:
    (tmp_path / name).write_bytes(b"{}")
    found = bring(str(tmp_path / name), HERE, tmp_path / "new", allow_unsafe=True)
    assert (found.format, [one.path for one in found.manifest.files]) == (format, [file])


def test_two_models_in_a_folder_are_not_chosen_from(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    skops(tmp_path / "old" / "model.skops")
    (tmp_path / "old" / "model.onnx").write_bytes(b"x")
    with pytest.raises(CommandError, match=r"there is model\.skops and model\.onnx: which of them is the model"):
        bring(str(tmp_path / "old"), HERE, tmp_path / "new")


@pytest.mark.parametrize("source", ["nowhere", "empty"])
def test_nothing_cannot_be_imported(tmp_path: Path, source: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match="there is no"):
        bring(str(tmp_path / source), HERE, tmp_path / "new")


def test_a_model_in_storage_is_brought_whole(tmp_path: Path) -> None:
    folder = tmp_path / "store" / "model"
    folder.mkdir(parents=True)
    skops(folder / "model.skops")
    found = bring((tmp_path / "store").as_uri(), HERE, tmp_path / "new")
    assert found.format == "sklearn-skops"


def test_a_tar_leads_nowhere_else(tmp_path: Path) -> None:
    from leeboard.cli.registry.restore import _archives

    evil: Any = tarfile.TarInfo("../outside")
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        archive.addfile(evil)
    with pytest.raises(CommandError, match="is no bundle"), _archives(str(tmp_path / "evil.tar"), HERE):
        pass
    assert not (tmp_path.parent / "outside").exists()
