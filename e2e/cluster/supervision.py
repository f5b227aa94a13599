"""Starting a program inside the cluster's network namespace, once, and waiting until it serves."""

from collections.abc import Callable, Mapping, Sequence

from e2e.cluster import network, processes
from e2e.cluster.place import Place


def ensure(
    place: Place,
    name: str,
    command: Sequence[str],
    *,
    ready: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
    seconds: float = 120,
) -> None:
    """Start the program unless it runs, and wait until ``ready``. Raises NotStarted with the end of its log."""
    folder = place.processes
    if processes.running(folder, name) is None:
        processes.start(name, network.command(place, *command), folder, environment=environment)

    def ready_or_ended() -> bool:
        if processes.running(folder, name) is None:
            log = (folder / f"{name}.log").read_text(errors="replace")
            raise processes.NotStarted(f"{name} ended\n{log[-2000:]}")
        return ready()

    processes.wait_until(name, ready_or_ended, seconds=seconds, log=folder / f"{name}.log")


def recorded(place: Place) -> list[str]:
    """The names of the programs that were started, in the order of their start."""
    found = sorted(place.processes.glob("*.pid"), key=lambda path: path.stat().st_mtime_ns)
    return [path.stem for path in found]
