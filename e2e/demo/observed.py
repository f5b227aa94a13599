"""The distributions behind a verdict: the profile of a version and the windows that its exporters left."""

import json
from datetime import datetime, timedelta
from typing import Any

from e2e.demo.picture.collecting import drift_from
from e2e.demo.picture.report import Drift
from e2e.demo.stage import OBSERVATIONS, Stage
from e2e.support.kubectl import Document
from leeboard.evaluator.retention.files import MERGED
from leeboard.evaluator.windows import Window, parse_window


def drift_picture(stage: Stage, monitor: Document, version: Document) -> Drift:
    """The verdict of a DriftMonitor with the counts of the window that it is about. Raises ValueError."""
    window = monitor["status"]["evaluation"]["window"]
    start, end = (datetime.fromisoformat(str(window[one])) for one in ("start", "end"))
    return drift_from(
        monitor,
        profile_of(stage, version),
        windows_of(stage, version["metadata"]["name"], start, end),
        time=end,
    )


def profile_of(stage: Stage, version: Document) -> dict[str, Any]:
    """The profile.json of a version."""
    bucket, _, key = version["spec"]["profile"]["uri"].removeprefix("s3://").partition("/")
    profile: dict[str, Any] = json.loads(stage.buckets.get(bucket, key))
    return profile


def windows_of(stage: Stage, version: str, start: datetime, end: datetime) -> list[Window]:
    """The windows of a version that lie between two moments, as the evaluator reads them."""
    spec_uri = stage.world.model()["spec"]["storage"]["uri"]
    prefix = spec_uri.removeprefix(f"s3://{OBSERVATIONS}/") + f"observations/{version}/windows/"
    moment = timedelta(milliseconds=1)
    # hours that are over for a while are merged; the window of a verdict lies behind them
    keys = [key for key in stage.buckets.keys(OBSERVATIONS, prefix) if not key.startswith(f"{prefix}{MERGED}/")]
    found = [parse_window(stage.buckets.get(OBSERVATIONS, key)) for key in keys]
    return [one for one in found if one.start >= start - moment and one.end <= end + moment]
