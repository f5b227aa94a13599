"""What the server says of itself and its model, and its repository of one: all methods that ask for no prediction."""

from __future__ import annotations

from leeboard_serving.server.metadata import model_metadata, server_metadata
from leeboard_serving.server.repository import UNCONTROLLED, Repository
from leeboard_serving.server.rpc.configuration import configuration
from leeboard_serving.server.rpc.inference import check_name
from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
from leeboard_serving.server.rpc.readiness import is_ready
from leeboard_serving.server.rpc.refusal import Refusal
from leeboard_serving.server.rpc.status import Status
from leeboard_serving.server.serving import Serving

_HARMLESS = {"unload_dependents"}
"""Parameters of the repository that mean nothing to a model that stands alone."""
_Change = protocol.RepositoryModelLoadRequest | protocol.RepositoryModelUnloadRequest


class Described:
    """The methods, by the names that they have in the protocol. Each may raise Refusal."""

    def __init__(self, serving: Serving) -> None:
        self._serving, self._repository = serving, Repository(serving)
        self._name, self._version = serving.model.served.model, serving.model.served.version

    async def server_live(self, _: protocol.ServerLiveRequest) -> protocol.ServerLiveResponse:
        """Whether the process runs."""
        return protocol.ServerLiveResponse(live=True)

    async def server_ready(self, _: protocol.ServerReadyRequest) -> protocol.ServerReadyResponse:
        """Whether the model gives the right answers now."""
        return protocol.ServerReadyResponse(ready=await is_ready(self._serving))

    async def model_ready(self, asked: protocol.ModelReadyRequest) -> protocol.ModelReadyResponse:
        """The same, of the model by name."""
        check_name(self._serving, asked.name, asked.version)
        return protocol.ModelReadyResponse(ready=await is_ready(self._serving))

    async def server_metadata(self, _: protocol.ServerMetadataRequest) -> protocol.ServerMetadataResponse:
        """What the server is."""
        said = server_metadata()
        extensions = [*said["extensions"], "model_configuration"]
        return protocol.ServerMetadataResponse(name=said["name"], version=said["version"], extensions=extensions)

    async def model_metadata(self, asked: protocol.ModelMetadataRequest) -> protocol.ModelMetadataResponse:
        """What the model takes and answers."""
        check_name(self._serving, asked.name, asked.version)
        return protocol.ModelMetadataResponse(**model_metadata(self._serving.model))

    async def model_config(self, asked: protocol.ModelConfigRequest) -> protocol.ModelConfigResponse:
        """The same, as Triton's clients ask for it."""
        check_name(self._serving, asked.name, asked.version)
        return protocol.ModelConfigResponse(config=configuration(self._serving.model))

    async def model_statistics(self, asked: protocol.ModelStatisticsRequest) -> protocol.ModelStatisticsResponse:
        """Counts and durations; without a name, of all models, which is the one."""
        check_name(self._serving, asked.name or self._name, asked.version)
        return protocol.ModelStatisticsResponse(model_stats=[protocol.ModelStatistics(**self._serving.statistics())])

    async def repository_index(self, asked: protocol.RepositoryIndexRequest) -> protocol.RepositoryIndexResponse:
        """Every model, or those that are ready."""
        return protocol.RepositoryIndexResponse(
            models=[protocol.RepositoryIndexResponse.ModelIndex(**one) for one in self._repository.models(asked.ready)]
        )

    async def repository_model_load(
        self, asked: protocol.RepositoryModelLoadRequest
    ) -> protocol.RepositoryModelLoadResponse:
        """Serve again."""
        self._set(asked, True)
        return protocol.RepositoryModelLoadResponse()

    async def repository_model_unload(
        self, asked: protocol.RepositoryModelUnloadRequest
    ) -> protocol.RepositoryModelUnloadResponse:
        """Serve no more, until it is loaded again."""
        self._set(asked, False)
        return protocol.RepositoryModelUnloadResponse()

    def _set(self, asked: _Change, loaded: bool) -> None:
        # KServe's clients send the name of the model where Triton's send that of the repository
        check_name(self._serving, asked.model_name or asked.repository_name, "")
        if unknown := sorted(set(asked.parameters) - _HARMLESS):
            raise Refusal(501, f"this server loads a model as it was registered, without {', '.join(unknown)[:256]}")
        if not self._serving.settings.control:
            raise Refusal(400, UNCONTROLLED, code=Status.FAILED_PRECONDITION)
        self._serving.loaded = loaded
