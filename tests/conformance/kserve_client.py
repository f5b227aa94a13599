"""Asks a server with KServe's own clients: `kserve_client.py URL GRPC MODEL INPUTS`, where they are installed.

INPUTS is a JSON list of name, data type, shape and flat data. Prints, as JSON, what the clients made of the answers.
"""

import asyncio
import json
import sys

import numpy as np
from kserve import InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig

DTYPES = {"FP64": np.float64, "FP32": np.float32, "INT64": np.int64, "BYTES": np.object_}


def request(model, inputs, binary):
    """The request that both clients send."""
    tensors = []
    for name, datatype, shape, data in inputs:
        tensor = InferInput(name, shape, datatype)
        values = [one.encode() for one in data] if datatype == "BYTES" else data
        tensor.set_data_from_numpy(np.array(values, dtype=DTYPES[datatype]).reshape(shape), binary_data=binary)
        tensors.append(tensor)
    return InferRequest(model, tensors, request_id="kserve")


def heard(answer):
    """Id, names and values of an answer."""
    return {"id": answer.id, "outputs": {one.name: one.as_numpy().reshape(-1).tolist() for one in answer.outputs}}


async def by_rest(url, model, inputs):
    """What the REST client hears, of tensors in JSON and in bytes."""
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    return {
        "live": await client.is_server_live(url),
        "ready": await client.is_server_ready(url),
        "model ready": await client.is_model_ready(url, model),
        "JSON": heard(await client.infer(url, request(model, inputs, False), model_name=model)),
        "binary": heard(await client.infer(url, request(model, inputs, True), model_name=model)),
    }


async def by_grpc(address, model, inputs):
    """What the gRPC client hears."""
    client = InferenceGRPCClient(address, timeout=20)
    return {
        "live": await client.is_server_live(),
        "ready": await client.is_server_ready(),
        "model ready": await client.is_model_ready(model),
        "binary": heard(await client.infer(request(model, inputs, True))),
    }


async def main(url, address, model, inputs):
    """Ask by both."""
    sent = json.loads(inputs)
    print(json.dumps({"REST": await by_rest(url, model, sent), "gRPC": await by_grpc(address, model, sent)}))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
