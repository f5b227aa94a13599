"""Callers in a pod, for clusters whose Services this machine does not reach."""

from dataclasses import dataclass
from pathlib import Path

from e2e.demo.traffic.whereabouts import MODULE, ROOT
from e2e.existing.pod_files import PodFiles
from e2e.existing.services import WORK


@dataclass(frozen=True)
class InPod:
    """Implements `e2e.demo.traffic.whereabouts.Whereabouts` in a pod of the serving image, which has the libraries."""

    files: PodFiles

    @classmethod
    def begin(cls, files: PodFiles) -> "InPod":
        """Bring the traffic's code into the pod."""
        folder = ROOT / "e2e" / "demo" / "traffic"
        code = {f"e2e/demo/traffic/{source.name}": source for source in sorted(folder.glob("*.py"))}
        files.put(WORK, code)
        return cls(files)

    def command(self, arguments: list[str]) -> list[str]:
        """See `Whereabouts.command`."""
        # after the image's own libraries, which leeboard.api is among
        start = f'cd {WORK} && PYTHONPATH="$PYTHONPATH:{WORK}" exec python3 -m {MODULE} "$@"'
        return self.files.command("sh", "-c", start, "--", *arguments)

    def lent(self, file: Path) -> str:
        """See `Whereabouts.lent`."""
        self.files.put(WORK, {file.name: file})
        return f"{WORK}/{file.name}"

    def state(self, file: Path) -> str:
        """See `Whereabouts.state`."""
        return f"{WORK}/{file.name}"

    def fetched(self, file: Path) -> None:
        """See `Whereabouts.fetched`."""
        file.write_bytes(self.files.read(self.state(file)))
