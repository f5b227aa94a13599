"""What an exporter cannot begin with, and how it says so."""

import json
import socket

import pytest

from leeboard_serving.exporter import __main__ as exporter
from tests.unit.serving.exporter.running import PROFILE, Exporter


@pytest.fixture
def environment(tmp_path, monkeypatch):
    values = Exporter(tmp_path).environment
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


def told(tmp_path):
    return json.loads((tmp_path / "termination").read_text())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LEEBOARD_MODEL", ""),
        ("LEEBOARD_POD", ""),
        ("LEEBOARD_POD", "../other"),
        ("LEEBOARD_OBSERVATIONS_URI", ""),
        ("LEEBOARD_FLUSH_INTERVAL", ""),
        ("LEEBOARD_FLUSH_INTERVAL", "0"),
        ("LEEBOARD_FLUSH_INTERVAL", "60s"),
        ("LEEBOARD_FLUSH_INTERVAL", "nan"),
        ("LEEBOARD_METRICS_PORT", "http"),
    ],
)
def test_configuration_that_cannot_be_followed(environment, tmp_path, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert exporter.main() == 78
    assert told(tmp_path)["reason"] == "BadConfiguration"
    assert name in told(tmp_path)["message"]


def without(name):
    return {key: value for key, value in PROFILE.items() if key != name}


UNEVEN = PROFILE["prediction"] | {"edges": PROFILE["prediction"]["edges"][::-1]}


@pytest.mark.parametrize(
    "profile",
    [
        "",
        "[]",
        "[" * 100_000,
        json.dumps(without("prediction")),
        json.dumps(PROFILE | {"contract": 2}),
        json.dumps(PROFILE | {"features": PROFILE["features"] * 2}),
        json.dumps(PROFILE | {"features": [PROFILE["features"][0] | {"counts": [1]}]}),
        json.dumps(PROFILE | {"prediction": PROFILE["features"][3]}),
        json.dumps(PROFILE | {"prediction": UNEVEN}),
        None,
    ],
)
def test_a_profile_that_nothing_can_be_counted_on(environment, tmp_path, profile):
    place = tmp_path / "model/profile.json"
    place.unlink() if profile is None else place.write_text(profile)
    assert exporter.main() == 64
    assert told(tmp_path)["reason"] == "BadData"
    assert told(tmp_path)["message"].startswith("profile.json cannot be read: ")


@pytest.mark.parametrize("name", ["LEEBOARD_METRICS_PORT", "LEEBOARD_FEEDBACK_PORT"])
def test_a_port_that_is_taken(environment, tmp_path, name):
    with socket.create_server(("0.0.0.0", int(environment[name]))):
        assert exporter.main() == 78
    assert told(tmp_path)["reason"] == "BadConfiguration"


def test_storage_of_an_unknown_kind(environment, tmp_path, monkeypatch):
    monkeypatch.setenv("LEEBOARD_OBSERVATIONS_URI", "ftp://x/")
    assert exporter.main() == 64
    assert told(tmp_path)["reason"] == "StorageNotFound"
