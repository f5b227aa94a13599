"""`python -m tests.drawn_dashboards`: pictures of the dashboards, of hours that never were, by Grafana's components.

There is no Grafana here: its panels are drawn by @grafana/ui, which Grafana's server uses too, on answers of a real
Prometheus. The state timelines are drawn by hand, because Grafana's is not published as a library.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from charts.generate import DASHBOARDS
from tests.drawn_dashboards.answers import answered, opened
from tests.drawn_dashboards.history import remembering
from tests.drawn_dashboards.pictures import NotDrawn, bundled, drawn
from tests.drawn_dashboards.story import story

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "dashboards"
MODES = ("dark", "light")


def main() -> int:
    """Draw all that are asked for; 1 where that cannot be done."""
    parser = argparse.ArgumentParser(prog="python -m tests.drawn_dashboards", description=__doc__)
    names = sorted(path.stem for path in (ROOT / DASHBOARDS).glob("*.json"))
    parser.add_argument("dashboards", nargs="*", metavar="NAME", help=f"of {', '.join(names)}; all of them by default")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--width", type=int, default=1600, help="of the pictures, in pixels")
    parser.add_argument("--closed", action="store_true", help="leave the rows closed that are closed at first")
    chosen = parser.parse_args()
    try:
        _draw(chosen.dashboards or names, chosen.modes, chosen.width, chosen.closed)
    except NotDrawn as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _draw(names: list[str], modes: list[str], width: int, closed: bool) -> None:
    page = BUILD / "page"
    page.mkdir(parents=True, exist_ok=True)
    script = bundled(page)
    with tempfile.TemporaryDirectory() as folder, remembering(story(), Path(folder)) as url:
        for name in names:
            dashboard = json.loads((ROOT / DASHBOARDS / f"{name}.json").read_text(encoding="utf-8"))
            dashboard = dashboard if closed else opened(dashboard)
            answers = answered(url, dashboard)
            for mode in modes:
                picture = BUILD / f"{name}-{mode}.png"
                drawn(script, dashboard, answers, mode=mode, width=width, picture=picture)
                print(picture)


if __name__ == "__main__":
    sys.exit(main())
