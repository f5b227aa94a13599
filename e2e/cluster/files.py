"""Writes configuration files with their folders."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


def write(path: Path, text: str) -> None:
    """Write a text file with its folders, unless it says that already: kube-proxy ends when its file is touched."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document as JSON."""
    write(path, json.dumps(document, indent=2) + "\n")


def write_yaml(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document as YAML."""
    write(path, yaml.safe_dump(dict(document), sort_keys=False))
