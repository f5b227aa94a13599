"""A platform's object storage as a person at the host uses it."""

from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config

from e2e.support.platform import Platform


class Buckets:
    """A client of the S3 server, as its owner."""

    def __init__(self, cluster: Platform) -> None:
        server = cluster.endpoints["s3"]
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=server["host"],
            aws_access_key_id=server["accessKey"],
            aws_secret_access_key=server["secretKey"],
            region_name=server["region"],
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 5}),
        )

    def make(self, *names: str) -> None:
        """Make buckets that are not there."""
        there = {bucket["Name"] for bucket in self._client.list_buckets().get("Buckets", [])}
        for name in names:
            if name not in there:
                self._client.create_bucket(Bucket=name)

    def put(self, bucket: str, key: str, data: bytes) -> None:
        """Store an object."""
        self._client.put_object(Bucket=bucket, Key=key, Body=data)

    def get(self, bucket: str, key: str) -> bytes:
        """The bytes of an object."""
        data: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return data

    def keys(self, bucket: str, prefix: str = "") -> Iterator[str]:
        """The keys below a prefix."""
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            yield from (entry["Key"] for entry in page.get("Contents", []))

    def delete(self, bucket: str, prefix: str = "") -> None:
        """Remove what lies below a prefix."""
        for key in list(self.keys(bucket, prefix)):
            self._client.delete_object(Bucket=bucket, Key=key)
