"""What the kubelet and containerd leave mounted."""

import subprocess
import time
from pathlib import Path


def below(*folders: Path) -> list[Path]:
    """The mount points below the folders, innermost first."""
    # spaces and the like are written as octal escapes
    lines = Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()
    points = [Path(line.split()[1].encode().decode("unicode_escape")) for line in lines]
    found = [point for point in points if any(point.is_relative_to(folder) for folder in folders)]
    return sorted(found, key=lambda point: len(point.parts), reverse=True)


def remove_below(*folders: Path) -> None:
    """Unmount everything below the folders. Raises RuntimeError when something stays."""
    for _ in range(50):
        left = below(*folders)
        if not left:
            return
        for point in left:
            subprocess.run(["umount", str(point)], capture_output=True, check=False, timeout=30)
        if below(*folders):
            time.sleep(0.1)
    raise RuntimeError(f"still mounted: {', '.join(map(str, below(*folders)))}")
