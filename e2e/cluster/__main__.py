"""``python -m e2e.cluster prepare|up|down|status|control-plane``."""

import argparse
import sys
from pathlib import Path

from e2e.cluster import lifecycle, packages, prometheus
from e2e.cluster.control_plane import ControlPlane
from e2e.support.narrator import Narrator

FOLDER = Path(__file__).resolve().parents[2] / "build" / "cluster"


def main() -> int:
    """Run one command; 0 when it did what it says."""
    parser = argparse.ArgumentParser(prog="python -m e2e.cluster", description=__doc__)
    parser.add_argument("command", choices=("prepare", "up", "down", "status", "control-plane"))
    command = parser.parse_args().command
    if command == "up":
        lifecycle.up(FOLDER, Narrator())
    elif command == "prepare":
        lifecycle.prepare(Narrator(), lifecycle.TEST_PROGRAMS)
        packages.ensure(more=packages.SHELLS)
        prometheus.program("promtool")
    elif command == "down":
        lifecycle.down(FOLDER, Narrator())
    elif command == "control-plane":
        _control_plane()
    else:
        return _status()
    return 0


def _control_plane() -> None:
    with ControlPlane() as running:
        print(f"export KUBECONFIG={running.kubeconfig}")
        print("press Enter to stop it", file=sys.stderr, flush=True)
        sys.stdin.readline()


def _status() -> int:
    cluster = lifecycle.running(FOLDER)
    if cluster is None:
        print("no cluster")
        return 1
    print(f"ready: {cluster.kubeconfig}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
