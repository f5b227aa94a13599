"""The files that the cluster's programs read."""

import subprocess
import tomllib

import pytest

from e2e.cluster import build_context, debian, lending, settings, toml
from e2e.cluster.place import Place


def test_toml_is_read_back(tmp_path) -> None:
    for document in (settings.containerd(Place(tmp_path, 3)), settings.registry_mirror(Place(tmp_path, 3))):
        assert tomllib.loads(toml.dumps(document)) == document


def test_slots_share_no_address(tmp_path) -> None:
    places = [Place(tmp_path, slot) for slot in range(32)]
    for name in ("namespace", "host_device", "node_address", "pods", "services", "containerd_socket", "cgroup"):
        assert len({str(getattr(place, name)) for place in places}) == len(places)
    assert max(len(place.host_device) for place in places) <= 15  # the kernel's limit


def test_mirrors_are_those_of_the_machines_release() -> None:
    listed = """\
http://mirror.example/debian/ bookworm main
http://mirror.example/debian/ bookworm main
http://mirror.example/debian/ bookworm contrib
http://mirror.example/security/ bookworm-security main
http://packages.example/ bookworm-vendor main
http://packages.example/node nodistro main
"""
    assert debian.sources(listed, "bookworm").splitlines() == [
        "deb http://mirror.example/debian/ bookworm main",
        "deb http://mirror.example/security/ bookworm-security main",
    ]
    with pytest.raises(debian.NoMirror):
        debian.sources(listed, "trixie")


def test_pip_is_lent_where_packages_come_from_and_nothing_else() -> None:
    found = {"index-url": "https://mirror.example/simple", "find-links": "/somewhere", "cert": "/elsewhere.crt"}
    assert lending.pip_configuration(found).splitlines() == [
        "[global]",
        "index-url = https://mirror.example/simple",
        "cert = /etc/ssl/certs/ca-certificates.crt",
    ]


def test_a_context_without_files_is_an_error(tmp_path) -> None:
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True, timeout=60)
    with pytest.raises(FileNotFoundError):
        build_context.stage(tmp_path, ["absent"], tmp_path / "target")
