"""Which digest a version is pinned to, from what nodes report."""

import pytest

from leeboard.planning.image_reference import pinned_as, repository

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("asked", "image_id", "pinned"),
    [
        ("registry.example/team/server:1", f"registry.example/team/server@{DIGEST}", "registry.example/team/server"),
        ("registry.example:5000/server:1", f"registry.example:5000/server@{DIGEST}", "registry.example:5000/server"),
        ("registry.example/server", f"registry.example/server@{DIGEST}", "registry.example/server"),
        ("leeboard/server:1", f"docker.io/leeboard/server@{DIGEST}", "leeboard/server"),
        ("server:1", f"docker.io/library/server@{DIGEST}", "server"),
        ("localhost/server:1", f"docker-pullable://localhost/server@{DIGEST}", "localhost/server"),
        # the same image under another name, whose registry other nodes may not reach
        ("registry.example/server:1", f"mirror.example/server@{DIGEST}", None),
        ("registry.example/server:1", f"docker.io/library/server@{DIGEST}", None),
        # loaded into the node by hand, or not there yet
        ("server:1", DIGEST, None),
        ("server:1", "", None),
        # pinned already, by whoever installed the chart
        (f"server@{DIGEST}", f"docker.io/library/server@{DIGEST}", None),
        (f"server:1@{DIGEST}", f"docker.io/library/server@{DIGEST}", None),
    ],
)
def test_a_tag_becomes_the_digest_that_its_own_repository_gave(asked: str, image_id: str, pinned: str | None) -> None:
    assert pinned_as(asked, image_id) == (None if pinned is None else f"{pinned}@{DIGEST}")


def test_a_port_is_no_tag() -> None:
    assert repository("localhost:5000/server") == "localhost:5000/server"
    assert repository(f"localhost:5000/a/server:1.2@{DIGEST}") == "localhost:5000/a/server"
