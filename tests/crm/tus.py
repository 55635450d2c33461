"""A client of tus 1.0 without a browser, and files of which some bytes are here."""

import base64
import io
from collections.abc import Callable
from typing import Any

from django.test import Client

from crm.models import PartialUpload
from crm.services.partial_uploads import begin_upload, receive
from tests.factories import CSV, make_user

DATA = CSV.encode() * 50
PIECE = "application/offset+octet-stream"


class Tus:
    """A client of the protocol, without a browser."""

    def __init__(self, role: str = "marketer", **user: Any) -> None:
        self.user = make_user(role, **user)
        self.client = Client()
        self.client.force_login(self.user)

    def ask(self, method: str, address: str, data: bytes = b"", **headers: Any) -> Any:
        named = {"Tus-Resumable": "1.0.0", **{name.replace("_", "-"): str(value) for name, value in headers.items()}}
        return self.client.generic(method, address, data, content_type=PIECE, headers=named)

    def begin(self, size: int = len(DATA), name: str = "orders.csv") -> str:
        metadata = f"filename {base64.b64encode(name.encode()).decode()}"
        answer = self.ask("POST", "/api/v1/uploads/incoming/", Upload_Length=size, Upload_Metadata=metadata)
        assert answer.status_code == 201, answer.content
        return str(answer["Location"])

    def send(self, address: str, offset: int, data: bytes, **headers: Any) -> Any:
        return self.ask("PATCH", address, data, Upload_Offset=offset, **headers)

    def offset(self, address: str) -> int:
        return int(self.ask("HEAD", address)["Upload-Offset"])


def make_partial(received: bytes = b"", size: int = len(DATA), **user: Any) -> PartialUpload:
    partial = begin_upload(name="orders.csv", size=size, source="browser", by=make_user(**user))
    receive(partial=partial, offset=0, length=len(received), read=io.BytesIO(received).read, checksum=None)
    return partial


def broken_after(data: bytes, error: type[OSError] | None = OSError) -> Callable[[int], bytes]:
    """A connection that ends too early, with an error or without one."""
    stream = io.BytesIO(data)

    def read(size: int) -> bytes:
        piece = stream.read(size)
        if not piece and error:
            raise error
        return piece

    return read
