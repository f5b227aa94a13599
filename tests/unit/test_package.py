"""The package is importable and does not shadow the standard library."""

import operator
from pathlib import Path


def test_the_operator_folder_does_not_shadow_the_standard_library() -> None:
    assert operator.add(1, 2) == 3
    assert not (Path(__file__).parents[2] / "operator" / "__init__.py").exists()
