"""buildah with a store of its own in the user's cache, and the machine's package configuration lent to each build."""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

from e2e.cluster import lending
from e2e.cluster.building import run
from e2e.cluster.cache import cache
from e2e.cluster.files import write, write_json


def command(*args: str) -> list[str]:
    """A buildah command line on the project's own store."""
    store = cache() / "images"
    return ["buildah", "--root", str(store), "--runroot", "/run/leeboard-buildah", "--storage-driver", "overlay", *args]


def exists(image: str) -> bool:
    """True when the store has an image of that name."""
    done = subprocess.run(command("inspect", "--type", "image", image), capture_output=True, check=False, timeout=60)
    return done.returncode == 0


def build(containerfile: Path, context: Path, image: str, arguments: Mapping[str, str], out: TextIO) -> None:
    """Build an image into the store, telling how long it takes. Raises BuildFailed."""
    settings = [part for key, value in arguments.items() for part in ("--build-arg", f"{key}={value}")]
    with lending.volumes() as volumes:
        run(
            command(
                *("build", "--isolation", "chroot", "--network", "host", "--layers", "--pull=never"),
                *("--signature-policy", str(_policy()), *volumes, *settings),
                *("--file", str(containerfile), "--tag", image, str(context)),
            ),
            f"building {image}",
            out,
        )


def commit_root(archive: Path, image: str) -> None:
    """Make an image from the archive of a root file system."""
    with tempfile.TemporaryDirectory(prefix="leeboard-base-") as folder:
        context = Path(folder)
        (context / "root.tar").hardlink_to(archive)
        containerfile = context / "Containerfile"
        write(containerfile, 'FROM scratch\nADD root.tar /\nCMD ["python3"]\n')
        build(containerfile, context, image, {}, sys.stderr)


def push(image: str, target: str, *, plain: bool, out: TextIO) -> str:
    """Push an image, by plain HTTP or by TLS, and return its digest, ``sha256:…``. Raises BuildFailed."""
    with tempfile.TemporaryDirectory(prefix="leeboard-push-") as folder:
        digest = Path(folder) / "digest"
        options = [f"--tls-verify={'false' if plain else 'true'}", "--signature-policy", str(_policy())]
        arguments = ("push", "--quiet", *options, "--digestfile", str(digest), image, f"docker://{target}")
        run(command(*arguments), f"pushing {target}", out, quiet_seconds=2.0)
        return digest.read_text(encoding="utf-8").strip()


def _policy() -> Path:
    path = cache() / "signature-policy.json"
    if not path.exists():
        write_json(path, {"default": [{"type": "insecureAcceptAnything"}]})
    return path
