"""Traffic from the command line: `python -m e2e.demo.traffic --help`."""

import argparse
import asyncio
import json
import secrets
import sys
from pathlib import Path

from pydantic import ValidationError

from e2e.demo.traffic.rows import read_rows
from e2e.demo.traffic.segment import Segment, Target
from e2e.demo.traffic.service import Service


def main(arguments: list[str]) -> int:
    """Send until the rows are at their end, or SIGTERM. The exit code is 2 for bad arguments."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        target = _target(options)
        service = Service(target, options.state, options.run)
        if options.follow:
            asyncio.run(service.follow())
        else:
            segment = _segment(options)
            asyncio.run(service.play(segment, read_rows(segment.rows)))
    except (ValidationError, argparse.ArgumentTypeError) as error:
        parser.error(str(error))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m e2e.demo.traffic", description="Sends rows to a served model.")
    parser.add_argument("--url", help="address of the service, such as http://127.0.0.1:8080")
    parser.add_argument("--model", help="name of the Model")
    parser.add_argument("--feedback-url", help="where the labels go; none are sent without it")
    parser.add_argument("--label-delay", type=float, default=5.0, help="seconds from an answer to its labels (5)")
    parser.add_argument(
        "--connections", default="keep-alive:8,short:8", help="most at a time, by kind (keep-alive:8,short:8)"
    )
    parser.add_argument("--lifetime", type=float, default=20.0, help="seconds a kept connection is used, 0: any (20)")
    parser.add_argument("--timeout", type=float, default=5.0, help="seconds until an answer has failed to come (5)")
    parser.add_argument("--state", type=Path, required=True, help="the state file, written once a second")
    parser.add_argument("--run", default=secrets.token_hex(4), help="what every request id begins with (random)")
    parser.add_argument("--rows", type=Path, help="parquet file with one column for each input, and label")
    parser.add_argument("--name", default="traffic", help="name of the segment")
    parser.add_argument("--rate", type=float, help="rows a second")
    parser.add_argument("--rows-per-request", type=int, default=8, help="(8)")
    parser.add_argument("--loop", action="store_true", help="begin again at the end of the rows")
    parser.add_argument("--follow", action="store_true", help="take segments from the standard input instead")
    parser.add_argument("--target", help="the service as one JSON object, instead of the options above")
    return parser


def _target(options: argparse.Namespace) -> Target:
    if options.target:
        return Target.model_validate(json.loads(options.target))
    sizes = _connections(options.connections)
    return Target(
        url=options.url or "",
        model=options.model or "",
        feedback_url=options.feedback_url,
        label_delay=options.label_delay,
        keep_alive=sizes["keep-alive"],
        short=sizes["short"],
        lifetime=options.lifetime,
        timeout=options.timeout,
    )


def _segment(options: argparse.Namespace) -> Segment:
    return Segment.model_validate(
        {
            "name": options.name,
            "rows": options.rows,
            "rate": options.rate,
            "rowsPerRequest": options.rows_per_request,
            "loop": options.loop,
        }
    )


def _connections(text: str) -> dict[str, int]:
    """`keep-alive:4,short:2`. Raises argparse.ArgumentTypeError."""
    sizes = {}
    for part in text.split(","):
        kind, _, number = part.partition(":")
        if kind not in ("keep-alive", "short") or not number.isdecimal():
            raise argparse.ArgumentTypeError(f"--connections: {part!r} is not such as keep-alive:4")
        sizes[kind] = int(number)
    return {"keep-alive": 8, "short": 8} | sizes


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
