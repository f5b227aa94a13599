"""`python -m leeboard.edge` runs the operator."""

import sys

from leeboard.edge.process import main

if __name__ == "__main__":
    sys.exit(main())
