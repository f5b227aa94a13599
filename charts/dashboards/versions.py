"""How series of versions are chosen, put together and named."""

from __future__ import annotations

OF = '{namespace=~"$namespace",model=~"$model"}'
"""Those of the models that are chosen above the dashboard."""
BY = "namespace, model, version"
VERSION = "{{namespace}}/{{version}}"
"""The legend."""
