"""`python -m e2e.demo.picture REPORT.json PAGE.html`"""

import sys
from pathlib import Path

from e2e.demo.picture.page import draw
from e2e.demo.picture.report import Report


def main(arguments: list[str]) -> int:
    """Draw a report; the exit code is 2 for wrong arguments."""
    if len(arguments) != 2:
        sys.stderr.write(f"usage: {__doc__}\n")
        return 2
    source, target = map(Path, arguments)
    target.write_text(draw(Report.model_validate_json(source.read_bytes())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
