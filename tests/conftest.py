"""Which tests stay together where several processes share them out.

What is made once a module or a package, such as an API server with an operator, would be made once in each process.
"""

from __future__ import annotations

from pathlib import Path

import pytest

TOGETHER = ("module", "package")


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups where its turn comes
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put tests that share such a fixture into a group of pytest-xdist, unless they name one themselves."""
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("xdist_group") is None:
            shared = _shared(item)
            if shared is not None:
                item.add_marker(pytest.mark.xdist_group(shared))


def _shared(item: pytest.Function) -> str | None:
    """The place of the widest such fixture, with the parameters that it, or what it needs, is made with."""
    scopes = {name: definitions[-1].scope for name, definitions in item._fixtureinfo.name2fixturedefs.items()}
    wide = [scope for scope in scopes.values() if scope in TOGETHER]
    if not wide:
        return None
    place = item.path.parent if "package" in wide else item.path
    indices = item.callspec.indices if hasattr(item, "callspec") else {}
    made_with = [
        f"{name}-{index}" for name, index in sorted(indices.items()) if scopes.get(name, "function") != "function"
    ]
    return "-".join([*place.relative_to(Path(__file__).parent).parts, *made_with])
