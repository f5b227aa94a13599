"""What the machine knows about package sources, lent to a build by mounting it; none of it is copied into an image."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from e2e.cluster import debian
from e2e.cluster.files import write

CERTIFICATES = Path("/etc/ssl/certs")


@contextmanager
def volumes() -> Iterator[list[str]]:
    """Arguments for volumes that let package clients work inside a build as they do outside."""
    with tempfile.TemporaryDirectory(prefix="leeboard-lent-") as folder:
        pip = Path(folder) / "pip.conf"
        write(pip, pip_configuration(_pip_settings()))
        sources = Path(folder) / "sources.list"
        write(sources, debian.machine_sources())
        lent = [f"{CERTIFICATES}:{CERTIFICATES}:ro", f"{pip}:/etc/pip.conf:ro"]
        lent.append(f"{sources}:/etc/apt/sources.list:ro")
        lent += [f"{path}:{path}:ro" for path in ("/etc/hosts", "/etc/resolv.conf")]
        yield [part for volume in lent for part in ("--volume", volume)]


def _pip_settings() -> dict[str, str]:
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list", "--disable-pip-version-check"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    pairs = (line.split("=", 1) for line in listed.stdout.splitlines() if "=" in line)
    return {name.rsplit(".", 1)[-1]: value.strip("'\"") for name, value in pairs}


def pip_configuration(found: Mapping[str, str]) -> str:
    """A pip.conf for the inside of a build: where packages come from, and which certificates vouch for it."""
    carried = ("index-url", "extra-index-url", "trusted-host", "proxy", "default-timeout", "timeout", "retries")
    lines = [f"{name} = {found[name]}" for name in carried if name in found]
    lines.append(f"cert = {CERTIFICATES / 'ca-certificates.crt'}")
    return "[global]\n" + "\n".join(lines) + "\n"
