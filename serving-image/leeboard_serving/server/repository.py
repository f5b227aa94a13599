"""The model repository extension, for a server that has exactly one model.

Source: extension_model_repository of the Triton inference server. As Triton without explicit control, a pod refuses to
load and unload: a caller that may ask for predictions must not be able to take the model away from all others.
"""

from __future__ import annotations

from typing import Any

import msgspec

from leeboard_serving.server.http.request import HttpRequest
from leeboard_serving.server.serving import Serving

UNCONTROLLED = "this server loads and unloads by its own version's pods alone"


class _Index(msgspec.Struct):
    ready: bool = False


class Repository:
    """The pages of the extension."""

    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def index(self, request: HttpRequest) -> None:
        """Every model, or those that are ready."""
        try:
            asked = msgspec.json.decode(request.body, type=_Index) if request.body else _Index()
        except msgspec.MsgspecError as error:
            request.fail(400, f'the body is not {{"ready": …}}: {error}')
            return
        request.answer_json(self.models(asked.ready))

    def models(self, only_ready: bool) -> list[dict[str, Any]]:
        """The entries of the index."""
        served, loaded = self._serving.model.served, self._serving.loaded
        if only_ready and not loaded:
            return []
        state, reason = ("READY", "") if loaded else ("UNAVAILABLE", "unloaded")
        return [{"name": served.model, "version": served.version, "state": state, "reason": reason}]

    def load(self, request: HttpRequest) -> None:
        """Serve again."""
        self._set(request, True)

    def unload(self, request: HttpRequest) -> None:
        """Serve no more, until it is loaded again."""
        self._set(request, False)

    def _set(self, request: HttpRequest, loaded: bool) -> None:
        if not self._serving.settings.control:
            request.fail(400, UNCONTROLLED)
            return
        self._serving.loaded = loaded
        request.answer_json({})
