"""Launcher and publisher as two processes side by side, through every end they can come to."""

import ast
import importlib.metadata
import json
import signal
import sys
from pathlib import Path

import pytest

from leeboard.api.termination import TrainingResult, read_message
from leeboard.runner import launch
from leeboard.storage import Manifest
from leeboard.storage.digests import digest_of
from tests.unit.runner.pod import MODEL_SCRIPT, Pod, commit


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    pod = Pod(tmp_path)
    assert pod.fetch()[0] == 0
    return pod


def stored(pod: Pod, name: str) -> bytes:
    return (pod.root / "storage" / "models" / pod.spec["run"] / name).read_bytes()


def test_a_result_is_stored_and_told(pod: Pod) -> None:
    code, message = pod.train(sys.executable, "train.py")
    assert code == 0, message
    result = read_message(json.dumps(message), TrainingResult)
    assert result is not None
    assert json.loads(stored(pod, "result.json")) == message
    manifest = Manifest.parse(stored(pod, "manifest.json"))
    assert manifest.digest == result.artifact.digest
    assert [file.path for file in manifest.files] == ["model.skops"]
    assert digest_of(stored(pod, "model/model.skops")) == manifest.files[0].digest
    assert result.artifact.uri == f"{pod.spec['output']['uri']}0123456789/"
    assert digest_of(stored(pod, "reference.parquet")) == result.reference.digest
    assert digest_of(stored(pod, "environment.txt")) == result.environment.lock_digest
    assert b"\npandas==" in stored(pod, "environment.txt")
    assert (result.code.commit, result.params, result.seed) == (pod.commit, {"learning_rate": "0.1"}, 7)
    assert [(one.name, one.rows) for one in result.datasets] == [("train", 50), ("holdout", 30)]


FORGED = (
    MODEL_SCRIPT
    + """
control = pathlib.Path(os.environ["LEEBOARD_ROOT"]) / "control"
text = (control / "fetched.json").read_text()
(control / "fetched.json").write_text(text.replace('"rows":50', '"rows":51'))
"""
)

ENDS: list[tuple[str, str, int, str, str]] = [
    ("own exit code", "import sys; print('no luck', file=sys.stderr); sys.exit(3)", 3, "ScriptFailed", "exit code 3"),
    ("own exit code 64", "import sys; sys.exit(64)", 64, "ScriptFailed", "exit code 64"),
    ("killed", "import os; os.kill(os.getpid(), 9)", 137, "ScriptFailed", "SIGKILL, perhaps for want of memory"),
    ("nothing left", "pass", 65, "ResultMissing", "left nothing in LEEBOARD_MODEL_DIR, no model.skops"),
    (
        "pickle by name",
        MODEL_SCRIPT + "\n(model / 'm.joblib').write_bytes(b'x')",
        65,
        "UnsafeFormat",
        "a file in LEEBOARD_MODEL_DIR would have to be unpickled",
    ),
    (
        "pickle by its bytes",
        MODEL_SCRIPT + "\nimport pickle\n(model / 'weights').write_bytes(pickle.dumps(1))",
        65,
        "UnsafeFormat",
        "a file in LEEBOARD_MODEL_DIR would have to be unpickled",
    ),
    (
        "a class of its own",
        MODEL_SCRIPT + "\n(model / 'model.skops').unlink()\n(model / 'model.py').write_text('x = 1')",
        65,
        "UnsafeFormat",
        "the Model does not say serving.allowUnsafeFormats",
    ),
    (
        "two models",
        MODEL_SCRIPT + "\n(model / 'model.onnx').write_bytes(b'x')",
        64,
        "BadData",
        "there is model.skops and model.onnx: which of them is the model?",
    ),
    (
        "not by skops",
        MODEL_SCRIPT + "\n(model / 'model.skops').write_bytes(b'weights')",
        65,
        "UnsafeFormat",
        "model.skops was not written by skops",
    ),
    (
        "a link",
        MODEL_SCRIPT + "\n(model / 'link').symlink_to('/etc/passwd')",
        65,
        "UnsafeFormat",
        "holds a link",
    ),
    (
        "no reference",
        MODEL_SCRIPT + "\n(output / 'reference.parquet').unlink()",
        65,
        "ResultMissing",
        "no reference.parquet",
    ),
    (
        "reference without labels",
        MODEL_SCRIPT + "\npd.DataFrame({'x': [1]}).to_parquet(output / 'reference.parquet')",
        65,
        "ResultMissing",
        "lacks the column label and split",
    ),
    (
        "times that are none",
        MODEL_SCRIPT
        + "\nread = pd.read_parquet(output / 'reference.parquet').assign(event_timestamp=True)"
        + "\nread.to_parquet(output / 'reference.parquet')",
        64,
        "BadData",
        "reference.parquet: event_timestamp holds bool, and not times",
    ),
]


@pytest.mark.parametrize(("script", "code", "reason", "said"), [end[1:] for end in ENDS], ids=[end[0] for end in ENDS])
def test_how_a_training_ends(pod: Pod, script: str, code: int, reason: str, said: str) -> None:
    (pod.root / "code" / "train.py").write_text(script)
    ended, message = pod.train(sys.executable, "train.py")
    assert (ended, message["reason"]) == (code, reason)
    assert said in message["message"]
    assert "no luck" not in message["message"], "what a script says stays in its log"
    published = pod.root / "publish.message"
    if reason == "ScriptFailed":
        assert not published.exists()
    else:
        assert json.loads(published.read_bytes()) == message, "it stands where no script can write, too"
    assert not (pod.root / "storage" / "models" / "0123456789").exists()


def test_where_it_is_allowed_a_pickle_is_stored_with_its_format_and_libraries(pod: Pod) -> None:
    script = MODEL_SCRIPT + "\nimport pickle\n(model / 'model.skops').rename(model / 'words.zip')\n"
    (pod.root / "code" / "train.py").write_text(script + "(model / 'model.pkl').write_bytes(pickle.dumps(1))")
    pod.spec["allowUnsafeFormats"] = True
    code, message = pod.train(sys.executable, "train.py")
    assert (code, message["artifact"]["format"]) == (0, "sklearn-pickle")
    assert message["artifact"]["libraries"]["scikit-learn"] == importlib.metadata.version("scikit-learn")


def test_a_command_that_does_not_exist(pod: Pod) -> None:
    code, message = pod.train("no-such-program", "train.py")
    assert (code, message["reason"]) == (78, "BadConfiguration")
    assert message["message"] == "no-such-program: No such file or directory"


def test_storage_that_is_not_there(pod: Pod) -> None:
    pod.spec["output"]["uri"] = "ftp://models/"
    code, message = pod.train(sys.executable, "train.py")
    assert (code, message["reason"]) == (78, "StorageNotFound")


def test_a_publisher_without_specification_lets_nothing_be_trained(pod: Pod) -> None:
    pod.spec = pod.spec | {"contract": 2}
    (pod.root / "code" / "train.py").write_text("import pathlib; pathlib.Path('ran').touch()")
    code, message = pod.train(sys.executable, "train.py")
    assert (code, message["reason"]) == (78, "BadConfiguration")
    assert not (pod.root / "code" / "ran").exists()


def test_a_script_cannot_change_what_fetch_observed(pod: Pod) -> None:
    (pod.root / "code" / "train.py").write_text(FORGED)
    code, message = pod.train(sys.executable, "train.py")
    assert code == 0
    assert message["datasets"][0]["rows"] == 50


def test_an_attempt_that_could_not_tell_of_its_result(pod: Pod) -> None:
    """The pod is lost after storing: the next attempt reports what is there, though it would store other bytes."""
    first = pod.train(sys.executable, "train.py")
    for path in (pod.root / "control").glob("*.json"):
        path.unlink() if path.name in ("outcome.json", "finished.json", "publisher.json") else None
    (pod.root / "code" / "train.py").write_text(MODEL_SCRIPT.replace('"{}"', '"{ }"'))
    assert pod.train(sys.executable, "train.py") == first


def test_an_attempt_that_stored_a_part(pod: Pod) -> None:
    folder = pod.root / "storage" / "models" / "0123456789" / "model"
    folder.mkdir(parents=True)
    for name in ("model.skops", "stray"):
        (folder / name).write_bytes(b"of an attempt before")
    code, message = pod.train(sys.executable, "train.py")
    assert code == 0, message
    assert [path.name for path in folder.iterdir()] == ["model.skops"]
    assert Manifest.of_directory(folder).digest == message["artifact"]["digest"]


def test_the_place_of_another_training(pod: Pod) -> None:
    assert pod.train(sys.executable, "train.py")[0] == 0
    for path in (pod.root / "control").glob("*.json"):
        path.unlink()
    commit(pod.root / "repository", MODEL_SCRIPT + "\n# newer")
    assert pod.fetch()[0] == 0
    code, message = pod.train(sys.executable, "train.py")
    assert (code, message["reason"]) == (66, "StorageConflict")


def test_sigterm_reaches_the_script(pod: Pod) -> None:
    script = "import pathlib, signal, time\n"
    script += "signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path('saved').touch(), exit(0)))\n"
    script += "pathlib.Path('started').touch()\nwhile True: time.sleep(0.05)"
    (pod.root / "code" / "train.py").write_text(script)
    publish, train = pod.start_publish(), pod.start_train(sys.executable, "train.py")
    pod.wait_for(pod.root / "code" / "started")
    train.send_signal(signal.SIGTERM)
    train.communicate(timeout=60)
    assert train.returncode == 143
    assert (pod.root / "code" / "saved").exists()
    assert pod.message()["message"] == "ended by SIGTERM"
    publish.terminate()
    assert publish.wait(timeout=60) == 0


def test_a_publisher_that_says_nothing(pod: Pod) -> None:
    (pod.root / "control" / "publisher.json").write_text("{}")
    train = pod.start_train(sys.executable, "-c", "pass", LEEBOARD_PUBLISH_SECONDS="0.2")
    train.communicate(timeout=60)
    assert (train.returncode, pod.message()["reason"]) == (66, "PublishFailed")


def test_output_and_variables_pass_through(pod: Pod) -> None:
    (pod.root / "control" / "publisher.json").write_text("{}")
    script = "import json, os, sys; print(json.dumps(dict(os.environ))); sys.stderr.write('to the log'); sys.exit(1)"
    train = pod.start_train(sys.executable, "-c", script, SM_CURRENT_HOST="mine")
    out, err = train.communicate(timeout=60)
    assert err == b"to the log"
    seen = json.loads(out)
    data = str(pod.root / "data" / "train")
    expected = {
        "SM_MODEL_DIR": str(pod.root / "model"),
        "SM_CHANNELS": '["train"]',
        "SM_CHANNEL_TRAIN": data,
        "SM_HPS": '{"learning_rate": "0.1"}',
        "SM_HP_LEARNING_RATE": "0.1",
        "SM_CURRENT_HOST": "mine",
        "AIP_MODEL_DIR": str(pod.root / "model"),
        "AIP_TRAINING_DATA_URI": data,
        "PET_NNODES": "1",
        "MASTER_PORT": "29500",
    }
    assert {name: seen.get(name) for name in expected} == expected


def test_the_launcher_runs_in_any_image() -> None:
    """Python 3.9 and its standard library are all it may use."""
    tree = ast.parse(Path(launch.__file__).read_text(), feature_version=(3, 9))
    imported = {alias.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    imported |= {str(n.module).split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)
    assert "leeboard" not in imported
    assert not {name for name in dir(launch) if name.startswith("AWS")}
    assert Path(launch.__file__).name == "launch.py"
