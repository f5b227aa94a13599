"""`python -m leeboard.cli` runs the leeboard command without an installation."""

import sys

from leeboard.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
