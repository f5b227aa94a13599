"""A dashboard drawn by Grafana's own components, in a browser that nobody sees."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.drawn_dashboards.answers import Raw
from tests.drawn_dashboards.series import END, SPAN

PAGE = Path(__file__).parent / "page"
CELL, ABOVE = 38, 110
"""Pixels of a line of Grafana's grid, and of what stands above the grid."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class NotDrawn(RuntimeError):
    """A program is missing, or failed; the text says which, and the end of what it wrote."""


def bundled(folder: Path) -> Path:
    """The script that draws, built in a folder that may be kept. Raises NotDrawn."""
    for source in (*PAGE.iterdir(),):
        shutil.copy(source, folder)
    if not (folder / "node_modules" / ".package-lock.json").is_file():
        _run(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    script = folder / "main.js"
    _run(
        folder,
        "node",
        "node_modules/esbuild/bin/esbuild",
        "main.jsx",
        "--bundle",
        "--minify",
        "--jsx=automatic",
        "--loader:.ttf=empty",
        "--loader:.svg=dataurl",
        "--alias:monaco-editor=./without_editor.js",
        '--define:process.env.NODE_ENV="production"',
        "--log-level=error",
        f"--outfile={script}",
    )
    return script


def drawn(script: Path, dashboard: Raw, answers: Raw, *, mode: str, width: int, picture: Path) -> None:
    """A PNG of the whole page, so many pixels wide, in the `dark` or `light` theme. Raises NotDrawn."""
    time = {"from": (END - SPAN) * 1000, "to": END * 1000}
    shown = {"dashboard": dashboard, "answers": answers, "mode": mode, "width": width, "time": time}
    # what the names of series hold must not end the script
    text = json.dumps(shown).replace("</", "<\\/")
    page = script.with_name(f"{picture.stem}.html")
    page.write_text(
        f'<!doctype html><meta charset="utf-8"><div id="root"></div><script>window.DRAWN = {text}</script>'
        f'<script src="{script.name}"></script>',
        encoding="utf-8",
    )
    height = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in dashboard["panels"]) * CELL + ABOVE
    picture.unlink(missing_ok=True)
    _run(
        script.parent,
        _browser(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--virtual-time-budget=8000",
        f"--window-size={width},{height}",
        f"--screenshot={picture}",
        page.as_uri(),
    )
    if not picture.is_file():
        raise NotDrawn(f"the browser left no {picture.name}")


def _browser() -> str:
    for name in BROWSERS:
        if shutil.which(name):
            return name
    raise NotDrawn(f"none of {', '.join(BROWSERS)} is installed: on Debian, apt-get install chromium fonts-inter")


def _run(folder: Path, *command: str) -> None:
    if shutil.which(command[0]) is None:
        raise NotDrawn(f"{command[0]} is not installed")
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=1200
    )
    if done.returncode != 0:
        raise NotDrawn(f"{command[0]}: {done.stdout[-2000:]}")
