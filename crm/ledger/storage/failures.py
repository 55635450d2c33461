"""Failures of an S3 service in words that a person can act on."""

import asyncio
import errno
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from botocore.exceptions import BotoCoreError, NoCredentialsError, PartialCredentialsError
from s3fs import S3FileSystem

from core.trouble import Unavailable

CODE = "storage_unavailable"
LOST = (OSError, BotoCoreError, aiohttp.ClientError, asyncio.TimeoutError)


class AnsweringS3(S3FileSystem):  # type: ignore[misc]
    """s3fs whose failures are sentences, whoever asked: of a failure within DuckDB nothing but its text comes out."""

    def __init__(self, *, place: str, **options: Any) -> None:
        self.place = place
        super().__init__(**options)

    async def _call_s3(self, method: str, *arguments: Any, **named: Any) -> Any:
        with answering(self.place):
            return await super()._call_s3(method, *arguments, **named)


@contextmanager
def answering(place: str) -> Iterator[None]:
    """Raise Unavailable for what goes wrong on the way to the service; a missing object stays FileNotFoundError."""
    try:
        yield
    except LOST as error:
        code = error_code(error)
        if isinstance(error, FileNotFoundError) and code != "NoSuchBucket":
            raise
        if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EMFILE}:
            raise  # of this machine
        raise Unavailable(CODE, sentence(place, error, code)) from error


def error_code(error: BaseException) -> str:
    """What the service called it, such as NoSuchBucket."""
    response = getattr(error, "response", None) or getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def sentence(place: str, error: BaseException, code: str) -> str:
    if code == "NoSuchBucket":
        return f"The storage {place} has no such bucket: create it, or correct STORAGE_URL."
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return f"The storage {place} needs a key: set STORAGE_S3_KEY and STORAGE_S3_SECRET."
    if isinstance(error, PermissionError) or code in {"403", "Forbidden", "SignatureDoesNotMatch"}:
        return (
            f"The storage {place} refused our key: check STORAGE_S3_KEY and STORAGE_S3_SECRET, and that this key may "
            "list, read, write and delete there."
        )
    detail = re.sub(r"\s+", " ", str(error)).strip(" .") or type(error).__name__
    return (
        f"The storage {place} does not answer: {detail[:200]}. Nothing is lost; it works again when the storage does."
    )
