"""The native sidecar `publish`: stores what the script left, and tells the launcher what came of it.

`python -m leeboard.runner.publish` reads LEEBOARD_RUN_SPEC. What `fetch` observed is read before the script starts, so
that the script cannot change it.
"""

import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from leeboard.api.base import SpecModel
from leeboard.api.model_format import libraries_of
from leeboard.api.model_version import Artifact, Environment, StoredFile
from leeboard.api.reasons import Reason
from leeboard.api.termination import CONTRACT, MAXIMUM_BYTES, Fetched, TrainingResult
from leeboard.runner.artefact import check_model, check_reference
from leeboard.runner.failures import RunError, canonical, say, storage_failure, write_termination_message
from leeboard.runner.model_folder import Inspected
from leeboard.runner.run_spec import FETCHED, FINISHED, OUTCOME, PUBLISHER, Places, RunSpec, write_whole
from leeboard.storage import Manifest, StorageError, Store, open_store
from leeboard.storage.digests import digest_of, digest_of_file

LARGEST_FINISHED = 1 << 20
POLL_SECONDS = 0.1
PAUSES = (2.0, 10.0, 30.0)
"""Seconds between attempts where the storage cannot be reached: a training is too dear for one."""


class Ending:
    """Whether SIGTERM came: a flag, because a lock taken in a handler could be one that the main thread holds."""

    def __init__(self) -> None:
        self._told = False

    def tell(self, *_: object) -> None:
        """The handler."""
        self._told = True

    def wait(self, seconds: float = float("inf")) -> bool:
        """Wait for it, for at most so long; returns whether it came."""
        deadline = time.monotonic() + seconds
        while not self._told and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, POLL_SECONDS))
        return self._told


class Finished(SpecModel):
    """What the launcher says when the script succeeded."""

    contract: int
    python: str = Field(max_length=64)
    packages: tuple[str, ...] = Field(default=(), max_length=5000)


@dataclass(frozen=True)
class Publication:
    """One run's result and where it goes: `store` is the folder of `spec.output.uri`."""

    spec: RunSpec
    fetched: Fetched
    places: Places
    store: Store

    def publish(self, finished: Finished) -> TrainingResult:
        """Check, hash and store; `result.json` comes last. Raises RunError, StorageError."""
        model = check_model(self.places.model, allow_unsafe=self.spec.allow_unsafe_formats)
        manifest = model.manifest
        check_reference(self.places.reference)
        earlier = self._earlier()
        if earlier is not None:
            return earlier
        environment = "".join(f"{line}\n" for line in finished.packages).encode()
        self._store(manifest, environment)
        result = self._result(model, finished, Environment(python=finished.python, lock_digest=digest_of(environment)))
        self.store.put(self._key("result.json"), canonical(result.dump()))
        say("publish", f"{manifest.digest} stored, {len(manifest.files)} files, {manifest.bytes / 1e6:.1f} MB")
        return result

    def _store(self, manifest: Manifest, environment: bytes) -> None:
        """Without result.json nothing of this run was ever used, so that what an attempt before left is replaced."""
        kept = {file.path for file in manifest.files}
        for entry in list(self.store.list(self._key("model/"))):
            if entry.key.removeprefix(self._key("model/")) not in kept:
                self.store.delete(entry.key)
        for file in manifest.files:
            self.store.put_file(self._key(f"model/{file.path}"), self.places.model / file.path, overwrite=True)
        self.store.put(self._key("manifest.json"), manifest.to_bytes(), overwrite=True)
        self.store.put_file(self._key("reference.parquet"), self.places.reference, overwrite=True)
        self.store.put(self._key("environment.txt"), environment, overwrite=True)

    def _earlier(self) -> TrainingResult | None:
        """The result that an attempt before stored and could not tell of.

        Raises StorageError (StorageConflict) where it is that of another training.
        """
        try:
            stored = self.store.get(self._key("result.json"))
        except StorageError as error:
            if error.reason is Reason.STORAGE_NOT_FOUND:
                return None
            raise
        try:
            result = TrainingResult.model_validate_json(stored)
        except ValidationError as error:
            raise StorageError(Reason.STORAGE_CONFLICT, f"{self._key('result.json')} is no result") from error
        same = (self.fetched.code, self.fetched.datasets, self.spec.params, self.spec.seed)
        if (result.code, result.datasets, result.params, result.seed) != same:
            raise StorageError(
                Reason.STORAGE_CONFLICT, f"another training lies at {self.spec.output.uri}{self.spec.run}/"
            )
        say("publish", f"{result.artifact.digest} was stored by an attempt before")
        return result

    def _result(self, model: Inspected, finished: Finished, environment: Environment) -> TrainingResult:
        root = f"{self.spec.output.uri}{self.spec.run}/"
        return TrainingResult(
            contract=CONTRACT,
            run=self.spec.run,
            artifact=Artifact(
                uri=root,
                digest=model.manifest.digest,
                format=model.format,
                bytes=model.manifest.bytes,
                libraries=libraries_of(model.format, finished.packages),
            ),
            code=self.fetched.code,
            datasets=self.fetched.datasets,
            params=self.spec.params,
            seed=self.spec.seed,
            environment=environment,
            reference=StoredFile(uri=f"{root}reference.parquet", digest=digest_of_file(self.places.reference)),
        )

    def _key(self, name: str) -> str:
        return f"{self.spec.run}/{name}"


def main() -> None:
    """Wait for the script, publish, and stay until the pod ends."""
    ended = Ending()
    signal.signal(signal.SIGTERM, ended.tell)
    environment = dict(os.environ)
    control = Places.from_environment(environment).control
    if not (control / OUTCOME).exists():
        outcome = _outcome(environment, control, ended)
        if outcome is None:
            return
        if outcome["exitCode"] != 0:
            # whoever reads the reason finds it here too, where the script cannot write
            write_termination_message(environment, outcome["message"])
        write_whole(control / OUTCOME, canonical(outcome))
    ended.wait()


def attempt(work: Callable[[], TrainingResult], ended: Ending) -> TrainingResult:
    """Do it, again after each pause while the storage cannot be reached. Raises RunError."""
    for pause in (*PAUSES, None):
        try:
            return work()
        except StorageError as error:
            if error.reason is not Reason.STORAGE_UNREACHABLE or pause is None or ended.wait(pause):
                raise storage_failure(error) from error
            say("publish", f"{error.message}; trying again")
    raise AssertionError("the last attempt has no pause after it")


def _outcome(environment: dict[str, str], control: Path, ended: Ending) -> dict[str, Any] | None:
    """Exit code and message for the launcher; None where the pod ends before the script has succeeded."""
    run = ""
    try:
        spec = RunSpec.from_environment(environment)
        run = spec.run
        fetched = Fetched.model_validate_json((control / FETCHED).read_bytes())
        write_whole(control / PUBLISHER, canonical({"contract": CONTRACT, "run": run}))
        if not _wait(control / FINISHED, ended):
            return None
        finished = _read_finished(control / FINISHED)
        places = Places.from_environment(environment)

        def work() -> TrainingResult:
            store = open_store(spec.output.uri, endpoint=spec.storage.endpoint, environment=environment)
            return Publication(spec, fetched, places, store).publish(finished)

        message = attempt(work, ended).dump()
        if len(canonical(message)) > MAXIMUM_BYTES:
            raise RunError(Reason.PUBLISH_FAILED, f"the result does not fit into {MAXIMUM_BYTES} bytes: shorten params")
    except RunError as error:
        say("publish", f"{error.reason}: {error.message}")
        return {"exitCode": error.exit_code, "message": error.to_message(run)}
    except Exception as error:  # the launcher waits for an answer, whatever happens
        logging.getLogger("publish").exception("publishing failed")
        failure = RunError(Reason.PUBLISH_FAILED, type(error).__name__)
        return {"exitCode": failure.exit_code, "message": failure.to_message(run)}
    return {"exitCode": 0, "message": message}


def _read_finished(path: Path) -> Finished:
    if path.stat().st_size > LARGEST_FINISHED:
        raise RunError(Reason.PUBLISH_FAILED, f"{path.name} is larger than {LARGEST_FINISHED} bytes")
    try:
        return Finished.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise RunError(Reason.PUBLISH_FAILED, f"{path.name} was not written by the launcher") from error


def _wait(path: Path, ended: Ending) -> bool:
    while not path.exists():
        if ended.wait(POLL_SECONDS):
            return False
    return True


if __name__ == "__main__":
    main()
