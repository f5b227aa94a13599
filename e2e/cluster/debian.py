"""The machine's own Debian release and the mirrors that its apt configuration names."""

import platform
import subprocess


class NoMirror(RuntimeError):
    """The machine's apt configuration names no mirror of its own release."""


def codename() -> str:
    """The name of the machine's release, such as bookworm."""
    return platform.freedesktop_os_release()["VERSION_CODENAME"]


def sources(listed: str, release: str) -> str:
    """The lines of a sources.list for a release, from ``apt-get indextargets``. Raises NoMirror.

    Each listed line is a site, the release and the component of one index of packages.
    """
    suites = (release, f"{release}-updates", f"{release}-security")
    lines = set()
    for line in listed.splitlines():
        site, suite, component = line.split()
        if component == "main" and suite in suites:
            lines.add(f"deb {site} {suite} main")
    if not any(line.split()[2] == release for line in lines):
        raise NoMirror(f"apt names no mirror for {release} main: add one to its sources")
    return "".join(f"{line}\n" for line in sorted(lines))


def machine_sources() -> str:
    """The lines of a sources.list for the machine's own release, from its own apt configuration. Raises NoMirror."""
    query = ["apt-get", "indextargets", "--format", "$(REPO_URI) $(CODENAME) $(COMPONENT)", "Created-By: Packages"]
    listed = subprocess.run(query, check=True, capture_output=True, text=True, timeout=60).stdout
    return sources(listed, codename())
