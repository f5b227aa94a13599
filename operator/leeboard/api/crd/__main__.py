"""Writes crds/*.yaml and the references of kinds and reasons below the folder given; --check tells what is stale.

With --release it also writes crds/released/, which holds the definitions as they were last released: the tests compare
the present ones with them.
"""

import argparse
import sys
from pathlib import Path

import yaml

from leeboard.api.crd.definition import KINDS, definition
from leeboard.api.crd.reference import reference_page
from leeboard.api.reason_reference import reasons_page


def outputs() -> dict[str, str]:
    """Every generated file: path below the project's root, and its text."""
    files = {
        f"crds/{kind.resource.PLURAL}.yaml": yaml.safe_dump(definition(kind), sort_keys=False, width=120)
        for kind in KINDS
    }
    files["docs/reference/kinds.md"] = reference_page()
    files["docs/reference/reasons.md"] = reasons_page()
    return files


def released() -> dict[str, str]:
    """The definitions as files of a release."""
    folder = "crds/released/"
    return {folder + Path(name).name: text for name, text in outputs().items() if name.startswith("crds/")}


def main(arguments: list[str]) -> int:
    """Write or check; the exit status is 1 when a file is not current."""
    parser = argparse.ArgumentParser(prog="python -m leeboard.api.crd", description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--release", action="store_true")
    options = parser.parse_args(arguments)
    stale = 0
    for name, text in (outputs() | (released() if options.release else {})).items():
        path = options.root / name
        if options.check:
            if not path.is_file() or path.read_text(encoding="utf-8") != text:
                print(f"{name} is not current: run make generate", file=sys.stderr)
                stale = 1
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
