"""The model's configuration, as Triton's clients ask for it.

Source: extension_model_configuration of the Triton inference server.
"""

from __future__ import annotations

from leeboard_serving.server.inference.datatypes import TEXTS
from leeboard_serving.server.inference.signature import Tensor
from leeboard_serving.server.rpc.protocol import inference_pb2 as protocol
from leeboard_serving.server.served_model import ServedModel


def configuration(model: ServedModel) -> protocol.ModelConfig:
    """Inputs and all outputs; the rows are their first dimension, and `max_batch_size` 0 says so.

    Outputs that come by name alone are among them, and not among those of the metadata.
    """
    return protocol.ModelConfig(
        name=model.served.model,
        platform=model.format,
        backend="leeboard",
        max_batch_size=0,
        input=[
            protocol.ModelInput(name=one.name, data_type=_datatype(one), dims=one.described()["shape"])
            for one in model.signature.inputs
        ],
        output=[
            protocol.ModelOutput(name=one.name, data_type=_datatype(one), dims=one.described()["shape"])
            for one in model.signature.outputs
        ],
    )


def _datatype(tensor: Tensor) -> str:
    return "TYPE_STRING" if tensor.datatype == TEXTS else f"TYPE_{tensor.datatype}"
