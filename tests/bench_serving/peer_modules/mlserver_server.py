"""MLServer's command: `mlserver_server.py [--without-httptools] FOLDER`.

Without httptools is as it is installed: its packages do not ask for it, and uvicorn then parses in Python.
"""

import sys


class _Absent:
    def find_spec(self, name, path=None, target=None):
        if name == "httptools" or name.startswith("httptools."):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


if __name__ == "__main__":
    *options, folder = sys.argv[1:]
    if "--without-httptools" in options:
        sys.meta_path.insert(0, _Absent())
    from mlserver.cli import main

    sys.argv = ["mlserver", "start", folder]
    main()
