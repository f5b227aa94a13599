"""The init container `fetch`: code and data of a run, observed, checked, and put where the script finds them.

`python -m leeboard.runner.fetch` reads LEEBOARD_RUN_SPEC. It needs the program git.
"""

import os
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from leeboard.api.lineage import CodeRecord, DatasetRecord
from leeboard.api.reasons import Reason
from leeboard.api.termination import CONTRACT, Fetched
from leeboard.runner import launch
from leeboard.runner.datasets import Download, download, inspect
from leeboard.runner.failures import RunError, canonical, say, storage_failure, write_termination_message
from leeboard.runner.repository import check_out
from leeboard.runner.run_spec import FETCHED, PARAMS, Baseline, Places, RunSpec, write_whole
from leeboard.storage import StorageError

LARGEST_RECORD = 3000
"""Bytes that code and datasets may take in a termination message; the result of the training needs the rest."""


def main() -> None:
    """Fetch, and end with the exit code that tells what came of it."""
    environment, run = dict(os.environ), ""
    try:
        spec = RunSpec.from_environment(environment)
        run = spec.run
        fetched = fetch(spec, Places.from_environment(environment), environment)
    except RunError as error:
        _fail(environment, run, error)
    except StorageError as error:
        _fail(environment, run, storage_failure(error))
    else:
        write_termination_message(environment, fetched.dump())


def fetch(spec: RunSpec, places: Places, environment: Mapping[str, str]) -> Fetched:
    """Bring everything the script needs. Raises RunError, StorageError."""
    install_launcher(places.launcher)
    write_whole(places.control / PARAMS, canonical(spec.params))
    with tempfile.TemporaryDirectory() as temporary:
        code = check_out(spec.code, places.code, environment, Path(temporary))
    if spec.baseline is not None and spec.baseline.datasets is None:
        refuse_repetition(spec.baseline, code, ())
    downloads = _download(spec, places, environment)
    if spec.baseline is not None:
        refuse_repetition(spec.baseline, code, downloads)
    records = tuple(inspect(one) for one in downloads)
    for one in downloads:
        if one.dataset.role == "Holdout":
            # only the evaluation may see it: a script that could read it could train on it
            shutil.rmtree(one.folder)
    fetched = _record(spec, code, records)
    write_whole(places.control / FETCHED, canonical(fetched.dump()))
    return fetched


def refuse_repetition(baseline: Baseline, code: CodeRecord, downloads: tuple[Download, ...]) -> None:
    """Raises RunError (NoNewData) where every part of the baseline equals what was read."""
    same = []
    if baseline.commit is not None:
        same.append(baseline.commit == code.commit)
    if baseline.datasets is not None:
        known = {one.name: one.digest for one in baseline.datasets}
        same.append(known == {one.dataset.name: one.manifest.digest for one in downloads})
    if same and all(same):
        commit = f"commit {code.commit[:12]}" if code.commit else "code"
        raise RunError(Reason.NO_NEW_DATA, f"{commit} and data are those of an earlier run")


def install_launcher(target: Path) -> None:
    """Pack the launcher into one file that any Python 3.9 or newer runs."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            zipfile.ZipInfo("__main__.py"), Path(launch.__file__).read_bytes(), compress_type=zipfile.ZIP_DEFLATED
        )


def _download(spec: RunSpec, places: Places, environment: Mapping[str, str]) -> tuple[Download, ...]:
    return tuple(
        download(one, places.data / one.name, endpoint=spec.storage.endpoint, environment=environment)
        for one in spec.datasets
    )


def _record(spec: RunSpec, code: CodeRecord, datasets: tuple[DatasetRecord, ...]) -> Fetched:
    fetched = Fetched(contract=CONTRACT, run=spec.run, code=code, datasets=datasets)
    if (size := len(canonical(fetched.dump()))) > LARGEST_RECORD:
        text = f"the record of code and datasets has {size} bytes, at most {LARGEST_RECORD} can be kept"
        raise RunError(Reason.BAD_CONFIGURATION, f"{text}: take fewer partitions of longer time, or fewer datasets")
    return fetched


def _fail(environment: Mapping[str, str], run: str, error: RunError) -> None:
    say("fetch", f"{error.reason}: {error.message}")
    write_termination_message(environment, error.to_message(run))
    sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
