"""Storage in an S3 bucket, by boto3."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, IncompleteReadError
from urllib3.exceptions import HTTPError

from leeboard.api.reasons import Reason
from leeboard.storage.authorities import authorities_file
from leeboard.storage.digests import copy_digest, read_whole
from leeboard.storage.errors import StorageError
from leeboard.storage.network_facts import ended_early, fact
from leeboard.storage.store import Entry

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MISSING = {"NoSuchKey", "NoSuchBucket", "404", "NotFound"}
_FORBIDDEN = {"AccessDenied", "XAdminUserNotFound", "InvalidAccessKeyId", "SignatureDoesNotMatch", "403", "Forbidden"}
_TAKEN = {"PreconditionFailed", "412", "ConditionalRequestConflict"}
_SETTINGS = Config(
    connect_timeout=5,
    read_timeout=60,
    retries={"max_attempts": 4, "mode": "standard"},
    s3={"addressing_style": "path"},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
LARGEST = 5 << 30
"""Bytes that one conditional upload can carry (S3's limit for a single PUT)."""


class S3Store:
    """A `Store` over a bucket and a prefix."""

    def __init__(self, uri: str, *, endpoint: str | None, environment: Mapping[str, str]) -> None:
        """Raises StorageError (BadConfiguration) where the authorities in the environment are no certificates."""
        parts = urlsplit(uri)
        self._bucket, self._prefix = parts.netloc, parts.path.lstrip("/")
        self._client: S3Client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=environment.get("AWS_SESSION_TOKEN"),
            region_name=environment.get("AWS_REGION", "us-east-1"),
            verify=authorities_file(environment),
            config=_SETTINGS,
        )

    def get(self, key: str, *, most: int | None = None) -> bytes:
        """All bytes of an object."""
        with self._explained(key):
            body = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"]
            return read_whole(body, most=most, name=key)

    def read_to(self, key: str, path: Path, *, most: int | None = None) -> str:
        """Write an object into a file, in pieces; returns its digest."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._explained(key), path.open("wb") as target:
            body = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"]
            return copy_digest(body, target, most=most, name=key)

    def put(self, key: str, data: bytes, *, overwrite: bool = False) -> None:
        """Store an object; the server itself refuses to replace one (`If-None-Match: *`)."""
        self._put(key, data, hashlib.sha256(data).hexdigest(), overwrite=overwrite)

    def put_file(self, key: str, path: Path, *, overwrite: bool = False) -> None:
        """Store a file in one request, streamed from disk."""
        if path.stat().st_size > LARGEST:
            raise StorageError(Reason.STORAGE_CONFLICT, f"{path.name} is larger than {LARGEST} bytes")
        with path.open("rb") as source:
            digest = copy_digest(source, None).removeprefix("sha256:")
            source.seek(0)
            self._put(key, source, digest, overwrite=overwrite)

    def list(self, prefix: str = "") -> Iterator[Entry]:
        """The objects whose keys begin with the prefix, sorted by key."""
        with self._explained(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix
            )
            for page in pages:
                for item in page.get("Contents", []):
                    key = item["Key"].removeprefix(self._prefix)
                    yield Entry(key, item["Size"], item["ETag"].strip('"'), item["LastModified"])

    def folders(self, prefix: str = "") -> Iterator[str]:
        """The folders right below a folder."""
        with self._explained(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix + prefix, Delimiter="/"
            )
            for page in pages:
                for item in page.get("CommonPrefixes", []):
                    yield item["Prefix"].removeprefix(self._prefix)

    def delete(self, key: str) -> None:
        """Remove an object."""
        with self._explained(key):
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def _put(self, key: str, body: Any, digest: str, *, overwrite: bool) -> None:
        condition: Any = {} if overwrite else {"IfNoneMatch": "*"}
        try:
            with self._explained(key):
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._prefix + key,
                    Body=body,
                    Metadata={"sha256": digest},
                    **condition,
                )
        except StorageError as error:
            if error.reason is not Reason.STORAGE_CONFLICT or self._stored_digest(key) != digest:
                raise

    def _stored_digest(self, key: str) -> str:
        """SHA-256 of what lies there, from its bytes: metadata could be anything."""
        digest = hashlib.sha256()
        with self._explained(key):
            body = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"]
            for piece in body.iter_chunks(1 << 20):
                digest.update(piece)
        return digest.hexdigest()

    @contextmanager
    def _explained(self, key: str) -> Iterator[None]:
        """Turn boto's errors into typed ones; the message names bucket and key, never a credential."""
        place = f"s3://{self._bucket}/{self._prefix}{key}"
        try:
            yield
        except ClientError as error:
            code = _code(error)
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            raise StorageError(_reason(code, status), f"{place}: {code or status}") from error
        except IncompleteReadError as error:
            said = ended_early(int(error.kwargs["actual_bytes"]), int(error.kwargs["expected_bytes"]))
            raise StorageError(Reason.STORAGE_UNREACHABLE, f"{place}: {said}") from error
        except (BotoCoreError, HTTPError) as error:  # the latter in the midst of a body
            raise StorageError(Reason.STORAGE_UNREACHABLE, f"{place}: {fact(error)}") from error


def _code(error: ClientError) -> str:
    """The server's code of the error, where it is one word as S3 has them; a server may answer anything."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    return code if re.fullmatch(r"[A-Za-z0-9]{1,64}", code) else ""


def _reason(code: str, status: int) -> Reason:
    if code in _MISSING:
        return Reason.STORAGE_NOT_FOUND
    if code in _FORBIDDEN or status in {401, 403}:
        return Reason.STORAGE_FORBIDDEN
    if code in _TAKEN or status in {409, 412}:
        return Reason.STORAGE_CONFLICT
    return Reason.STORAGE_UNREACHABLE
