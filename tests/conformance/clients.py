"""What KServe's own clients, in their own environment, make of a server's answers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conformance.check import NotMet, expect
from tests.conformance.subject import Subject, outputs_of, same_values
from tests.conformance.tensors import flat
from tests.support.peer_environments import ALONE, environment

SCRIPT = Path(__file__).with_name("kserve_client.py")
SECONDS = 120
ROWS = 3


def kserve(subject: Subject) -> None:
    """Raises NotMet where they do not work, or hear something else than the answer as JSON."""
    expected = {name: flat(one["data"]) for name, one in outputs_of(subject.infer(subject.request(ROWS))).items()}
    for way, found in _heard(subject).items():
        for what in ("live", "ready", "model ready"):
            expect(found[what] is True, f"{way}: {what} expected, {found[what]!r} came")
        for form in ("JSON", "binary"):
            if form in found:
                _same(found[form], expected, f"{way}, {form}")


def _same(heard: dict[str, Any], expected: dict[str, list[Any]], where: str) -> None:
    expect(heard["id"] == "kserve", f"{where}: the id kserve expected, {heard['id']!r} came")
    outputs = heard["outputs"]
    expect(outputs.keys() == expected.keys(), f"{where}: outputs {sorted(expected)} expected, {sorted(outputs)} came")
    for name, values in expected.items():
        expect(same_values(outputs[name], values), f"{where}: output {name} differs")


def _heard(subject: Subject) -> dict[str, Any]:
    inputs = [[one["name"], one["datatype"], one["shape"], one["data"]] for one in subject.request(ROWS)["inputs"]]
    python = environment("kserve") / "bin" / "python"
    command = [str(python), str(SCRIPT), subject.url, subject.grpc_address, subject.model, json.dumps(inputs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=ALONE, timeout=SECONDS)
    if done.returncode:
        raise NotMet(f"KServe's clients failed: {done.stderr.strip().splitlines()[-1:]}")
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]
