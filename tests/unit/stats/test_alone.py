"""`leeboard.stats` as a small library: it needs numpy and scipy, and nothing else of Leeboard."""

import subprocess
import sys
from pathlib import Path

import leeboard.stats

ALONE = """
import importlib, pkgutil, sys

ALLOWED = {"numpy", "scipy", "leeboard"} | set(sys.stdlib_module_names)

class Nothing:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top == "leeboard" and name.count(".") and not name.startswith("leeboard.stats"):
            raise ModuleNotFoundError(f"leeboard.stats asks for {name}")
        if top not in ALLOWED and not top.startswith("_"):
            raise ModuleNotFoundError(f"leeboard.stats asks for {name}")

sys.meta_path.insert(0, Nothing())
import leeboard.stats
names = [one.name for one in pkgutil.walk_packages(leeboard.stats.__path__, "leeboard.stats.")]
for name in names:
    importlib.import_module(name)
from leeboard.stats.dialects import dialect
from leeboard.stats.distributions import count_values, numeric_bins
from leeboard.stats.measures import measure
import numpy as np
known = np.random.default_rng(1).normal(size=5000)
bins = numeric_bins(known)
reference, window = (count_values("x", bins, values) for values in (known, known + 1))
print(len(names), float(measure("JensenShannon", reference)(reference.counts, window.counts)))
"""


def test_every_module_is_imported_and_works_with_numpy_and_scipy_alone():
    root = Path(leeboard.stats.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", ALONE], capture_output=True, text=True, check=False, env={"PYTHONPATH": str(root)}
    )
    assert done.returncode == 0, done.stderr
    modules, distance = done.stdout.split()
    assert int(modules) > 40
    assert 0.3 < float(distance) < 0.5
