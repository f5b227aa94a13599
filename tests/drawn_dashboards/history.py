"""A Prometheus that answers as if it had scraped series for hours."""

from __future__ import annotations

import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from e2e.cluster.control_plane import free_port
from e2e.cluster.prometheus import program
from tests.drawn_dashboards.series import TIMES, Series
from tests.support.installation import eventually


def open_metrics(series: Iterable[Series]) -> Iterator[str]:
    """The lines of an OpenMetrics text with a time at each. Raises ValueError where two series are the same one."""
    known: set[tuple[str, str]] = set()
    for one in sorted(series, key=lambda one: one.name):
        labels = ",".join(f'{name}="{value}"' for name, value in sorted(one.labels.items()))
        if (one.name, labels) in known:
            raise ValueError(f"{one.name}{{{labels}}} is there twice")
        known.add((one.name, labels))
        there = ~np.isnan(one.values)
        for time, value in zip(TIMES[there], one.values[there], strict=True):
            yield f"{one.name}{{{labels}}} {value:.9g} {int(time)}\n"
    yield "# EOF\n"


@contextmanager
def remembering(series: Iterable[Series], folder: Path) -> Iterator[str]:
    """A Prometheus that has these series behind it and scrapes nothing; gives its address."""
    text, data = folder / "history.txt", folder / "data"
    with text.open("w", encoding="utf-8") as sink:
        sink.writelines(open_metrics(series))
    # one block: promtool reads the text once for each
    command = [str(program("promtool")), "tsdb", "create-blocks-from", "--max-block-duration=24h", "openmetrics"]
    command += ["--quiet", str(text), str(data)]
    subprocess.run(command, check=True, timeout=600)
    (folder / "prometheus.yaml").write_text("scrape_configs: []\n", encoding="utf-8")
    port = free_port()
    command = [
        str(program("prometheus")),
        f"--config.file={folder / 'prometheus.yaml'}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with (folder / "prometheus.log").open("wb") as sink:
        process = subprocess.Popen(command, stdout=sink, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        eventually(lambda: _ready(url), "Prometheus is ready", (folder / "prometheus.log").read_text, seconds=60)
        yield url
    finally:
        process.kill()
        process.wait(timeout=10)


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/-/ready", timeout=5) as answer:  # noqa: S310 - an address of our own
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False
