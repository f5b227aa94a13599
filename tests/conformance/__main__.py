"""`python -m tests.conformance URL`: whether a server keeps the Open Inference Protocol v2."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import httpx
from rich.console import Console

from tests.conformance import report
from tests.conformance.check import CHECKS
from tests.conformance.run import run
from tests.conformance.subject import NotDescribed, describe
from tests.conformance.tensors import Tensor

PASSED, BROKEN, UNUSABLE = 0, 1, 2


def main() -> int:
    """Exit status 0 where nothing that has to be kept is broken, 1 where something is, 2 where it cannot be seen."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    parser.add_argument("url", help="of the server, such as http://127.0.0.1:8080")
    parser.add_argument("--grpc", default="", metavar="HOST:PORT", help="its address by gRPC; without, REST alone")
    parser.add_argument("--model", default="", help="its name; not needed where the server's index has one alone")
    parser.add_argument(
        "--input", action="append", default=[], type=Tensor.parse, metavar="NAME:DATATYPE:SHAPE",
        help="an input that metadata does not name, such as predict:FP32:-1,4; may be repeated",
    )  # fmt: skip
    parser.add_argument("--control", action="store_true", help="unload the model and load it again")
    parser.add_argument("--only", default="", help="checks whose names contain this text")
    parser.add_argument("--markdown", type=Path, help="a file for the results")
    parser.add_argument("--json", type=Path, help="a file for the results")
    parser.add_argument("--all", action="store_true", help="show what passed too")
    chosen = parser.parse_args()
    console = Console()
    try:
        subject = describe(chosen.url, chosen.model, chosen.grpc, chosen.input, chosen.control)
    except (NotDescribed, httpx.HTTPError, httpx.InvalidURL) as error:
        print(f"{chosen.url}: {error or type(error).__name__}", file=sys.stderr)
        return UNUSABLE
    checks = [one for one in CHECKS if chosen.only in one.name]
    with console.status("checking") as status:
        results = run(subject, checks, lambda result: status.update(f"checked {result.name}"))
    console.print(report.table(results, everything=chosen.all))
    console.print(report.line(results))
    for path, text in ((chosen.markdown, report.markdown({"": results})), (chosen.json, report.document(results))):
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return BROKEN if any(one.broken for one in results) else PASSED


if __name__ == "__main__":
    sys.exit(main())
