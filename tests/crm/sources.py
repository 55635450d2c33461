"""Sources for tests, and a server that speaks https on this machine."""

import http.server
import ssl
import subprocess
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from django.utils import timezone

from core.models import Run
from crm.models import Inbox
from crm.services.inboxes import request_check
from tests.factories import do_run

_numbers = count(1)


def make_inbox(location: object = "/srv/exports", **fields: Any) -> Inbox:
    now = timezone.now()
    values = {"name": f"source {next(_numbers)}", "kind": "folder", "created_at": now, **fields}
    return Inbox.objects.create(location=str(location), **values)


def look(inbox: Inbox) -> dict[str, Any]:
    """One look, with what follows from it for the files that it brought: sniffed, and imported where it is so."""
    run = request_check(inbox=inbox)
    do_run(run)
    inbox.refresh_from_db()
    result = Run.objects.get(pk=run.pk).result
    assert result is not None
    return dict(result)


def work_off() -> None:
    """Everything that waits, until nothing does."""
    while waiting := Run.objects.filter(state=Run.State.PENDING, kind__in=["crm.sniff", "crm.ingest"]).first():
        do_run(waiting)


Answerer = Callable[[http.server.BaseHTTPRequestHandler], None]


class HttpsServer:
    """Answers each path with a function; notes what was asked and with which headers."""

    def __init__(self, folder: Path, answers: dict[str, Answerer]) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.certificate = folder / "certificate.pem"
        key = folder / "key.pem"
        files = ["-keyout", str(key), "-out", str(self.certificate)]
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
        names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", *files]
        subprocess.run([*make, *names], check=True, capture_output=True)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, dict(self.headers)))
                answer = answers.get(self.path.partition("?")[0])
                if answer is None:
                    self.send_error(404)
                else:
                    answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self.url = f"https://localhost:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def sending(data: bytes, **headers: str) -> Answerer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        mark = headers.get("ETag")
        if mark and handler.headers.get("If-None-Match") == mark:
            handler.send_response(304)
            handler.end_headers()
            return
        handler.send_response(200)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def leading_to(address: str) -> Answerer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", address)
        handler.end_headers()

    return answer
