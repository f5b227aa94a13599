"""A real S3 server over a folder, with the bucket `models`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

from e2e.cluster import processes
from e2e.cluster.binaries import binary
from e2e.cluster.control_plane import LOOPBACK, free_port
from leeboard.storage import Store, open_store

KEYS = {"AWS_ACCESS_KEY_ID": "leeboard", "AWS_SECRET_ACCESS_KEY": "leeboard-secret", "AWS_REGION": "us-east-1"}


@dataclass(frozen=True)
class S3Server:
    """Where it listens."""

    endpoint: str

    def store(self, uri: str, **keys: str) -> Store:
        """A store with the right keys, save those that are given."""
        return open_store(uri, endpoint=self.endpoint, environment={**KEYS, **keys})


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """Runs as long as the context; its files lie in the folder."""
    (folder / "data").mkdir()
    address = f"{LOOPBACK}:{free_port()}"
    environment = {"ROOT_ACCESS_KEY": "leeboard", "ROOT_SECRET_KEY": "leeboard-secret"}
    command = [str(binary("versitygw")), "--port", address, "posix", "--sidecar", str(folder / "meta")]
    (folder / "meta").mkdir()
    process = processes.start("versitygw", [*command, str(folder / "data")], folder, environment=environment)
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{address}",
        aws_access_key_id="leeboard",
        aws_secret_access_key="leeboard-secret",
        region_name="us-east-1",
    )

    def answers() -> bool:
        try:
            client.list_buckets()
        except Exception as error:  # whatever it is, the log is shown when the time is up
            os.write(2, f"waiting for the S3 server: {type(error).__name__}\n".encode())
            return False
        return True

    try:
        processes.wait_until("versitygw", answers, seconds=60, log=folder / "versitygw.log")
        client.create_bucket(Bucket="models")
        yield S3Server(f"http://{address}")
    finally:
        processes.stop(process.pid)
        process.wait(timeout=10)
