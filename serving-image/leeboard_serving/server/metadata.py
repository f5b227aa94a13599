"""What the server says of itself and of its model, whoever asks."""

from __future__ import annotations

from typing import Any

from leeboard import __version__
from leeboard_serving.server.served_model import ServedModel

EXTENSIONS = ("binary_tensor_data", "model_repository", "statistics")


def server_metadata() -> dict[str, Any]:
    """What the server is."""
    return {"name": "leeboard", "version": __version__, "extensions": EXTENSIONS}


def model_metadata(model: ServedModel) -> dict[str, Any]:
    """What the model takes, and what it answers to a request that names no outputs."""
    return {
        "name": model.served.model,
        "versions": [model.served.version],
        "platform": model.format,
        "inputs": [one.described() for one in model.signature.inputs],
        "outputs": [one.described() for one in model.signature.by_default],
    }


def optional_outputs(model: ServedModel) -> list[dict[str, Any]]:
    """What the model answers beside that to a request that names it."""
    return [one.described() for one in model.signature.by_name]
