"""Runs a module as if httptools were not installed: `without_httptools.py MODULE ARGUMENTS…`."""

import runpy
import sys


class _Absent:
    def find_spec(self, name, path=None, target=None):
        if name == "httptools" or name.startswith("httptools."):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


if __name__ == "__main__":
    sys.meta_path.insert(0, _Absent())
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
