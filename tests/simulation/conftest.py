"""How many seeds are played: `--seeds 300`, or `--seeds 300-600` for those from 300 up to 599; and by how many workers
stories are.
"""

import pytest

USUAL = "50"


def pytest_addoption(parser: pytest.Parser) -> None:
    """It is known where pytest is given a path below this folder, as `make test-seeds` does."""
    parser.addoption("--seeds", default=USUAL, help="how many seeded plays, or which: 300-600 (default: 50)")
    parser.addoption("--workers", type=int, default=1, help="workers of the operator in a story (default: 1)")


@pytest.fixture(scope="session")
def workers(pytestconfig: pytest.Config) -> int:
    """How many workers the operator has in a story."""
    return int(pytestconfig.getoption("--workers", 1))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One play for each seed."""
    if "seed" in metafunc.fixturenames:
        first, _, end = str(metafunc.config.getoption("--seeds", USUAL)).rpartition("-")
        seeds = range(int(first or 0), int(end))
        metafunc.parametrize("seed", seeds, ids=lambda seed: f"seed-{seed}")
