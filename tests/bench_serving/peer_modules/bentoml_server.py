"""A BentoML service: `bentoml_server.py PORT MODEL`."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    port, path = sys.argv[1:]
    here = str(Path(__file__).parent)
    os.environ |= {"MODEL": path, "BENTOML_DO_NOT_TRACK": "True", "BENTOML_HOME": f"{path}.bentoml"}
    arguments = ["serve", "bentoml_service:Served", "--host", "127.0.0.1", "--port", port, "--working-dir", here]
    os.execv(sys.executable, [sys.executable, "-m", "bentoml", *arguments])  # noqa: S606 - an argument list
