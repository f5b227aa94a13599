"""Which store a URI opens: what is mounted is read in pods alone, and what is not known is refused by name."""

from pathlib import Path

import pytest

from leeboard.api.reasons import Reason
from leeboard.storage import StorageError, open_store
from leeboard.storage.opening import SOURCE
from tests.support.examples import DIGEST

IMAGE = f"oci://registry.example:5000/ml/flights@{DIGEST}"


@pytest.fixture
def mounted(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "mounted" / "flights" / "v1").mkdir(parents=True)
    (tmp_path / "mounted" / "flights" / "v1" / "manifest.json").write_text("of flights")
    (tmp_path / "mounted" / "manifest.json").write_text("of the root")
    (tmp_path / "outside").write_text("outside")
    (tmp_path / "mounted" / "flights" / "v1" / "link").symlink_to(tmp_path / "outside")
    return {SOURCE: str(tmp_path / "mounted")}


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("pvc://models/flights/v1/", b"of flights"),
        ("pvc://models/flights/v1", b"of flights"),
        ("pvc://models/", b"of the root"),
        (f"{IMAGE}/flights/v1/", b"of flights"),
        (f"{IMAGE}/", b"of the root"),
        (IMAGE, b"of the root"),
    ],
)
def test_what_a_pod_mounts(mounted: dict[str, str], uri: str, found: bytes) -> None:
    assert open_store(uri, environment=mounted).get("manifest.json") == found


def test_a_link_does_not_lead_out_of_what_is_mounted(mounted: dict[str, str]) -> None:
    store = open_store("pvc://models/flights/v1/", environment=mounted)
    for key in ("link", "../../../outside"):
        with pytest.raises(StorageError, match="leads out of the store") as refused:
            store.get(key)
        assert refused.value.reason is Reason.STORAGE_FORBIDDEN


@pytest.mark.parametrize(
    ("uri", "reason", "said"),
    [
        ("gs://bucket/x/", "StorageNotFound", "gs:// (Google Cloud Storage) is not read yet; s3://, https://"),
        ("abfs://container@account/x/", "StorageNotFound", "abfs:// (Azure) is not read yet"),
        ("ftp://host/x/", "StorageNotFound", "no storage for ftp:// URIs"),
        ("nothing", "StorageNotFound", "no storage for no:// URIs"),
        ("s3:///x/", "StorageNotFound", "no storage for s3:// URIs"),
        ("pvc://UPPER/x/", "BadConfiguration", "is neither pvc://<claim>/<path> nor"),
        ("pvc://models/../x/", "BadConfiguration", "is neither pvc://<claim>/<path> nor"),
        ("oci://registry.example/ml/flights:1.4/", "BadConfiguration", "nor oci://<repository>@sha256:<digest>"),
    ],
)
def test_what_is_refused(mounted: dict[str, str], uri: str, reason: str, said: str) -> None:
    with pytest.raises(StorageError) as refused:
        open_store(uri, environment=mounted)
    assert (str(refused.value.reason), said in refused.value.message) == (reason, True), refused.value.message


def test_an_image_that_kubernetes_did_not_mount(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="by its feature gate ImageVolume") as refused:
        open_store(IMAGE, environment={SOURCE: str(tmp_path / "source")})
    assert refused.value.reason is Reason.STORAGE_NOT_FOUND


@pytest.mark.parametrize("uri", ["pvc://models/flights/", IMAGE])
def test_what_is_not_mounted_here(uri: str) -> None:
    with pytest.raises(StorageError, match="here it is not mounted") as refused:
        open_store(uri, environment={})
    assert refused.value.reason is Reason.STORAGE_NOT_FOUND
