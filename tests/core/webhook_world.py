"""A program that is told, as a real server on this machine, and rows for those tests that send nothing."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.utils import timezone

from core.models import WebhookDelivery, WebhookEndpoint
from core.services.webhooks import request_delivery, write_down
from core.webhooks import EVENTS
from tests.outcomes import runs

SECRET = "whsec_for_tests"


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came in; `statuses` are the answers to come, the last of which stays."""

    url: str
    statuses: list[int]
    received: list[Received] = field(default_factory=list)


@contextmanager
def receiving(*statuses: int) -> Iterator[Receiver]:
    """A server that keeps what it is sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append(Received(self.path, dict(self.headers.items()), body))
            status = receiver.statuses[0] if len(receiver.statuses) == 1 else receiver.statuses.pop(0)
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Tests speak for themselves."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}/hook?a=1", list(statuses or (200,)))
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


def make_endpoint(url: str = "https://example.com/hook", **fields: object) -> WebhookEndpoint:
    values = {"events": list(EVENTS), "secret": SECRET, "created_at": timezone.now(), **fields}
    return WebhookEndpoint.objects.create(url=url, **values)


def make_delivery() -> WebhookDelivery:
    endpoint = make_endpoint()
    write_down(endpoint, "ping", "ping:1", {})
    return endpoint.deliveries.get()


def a_message_to_deliver() -> list[str]:
    """To an address that is refused, so that every attempt ends alike."""
    endpoint = make_endpoint("https://127.0.0.1:9/hook")
    write_down(endpoint, "ping", "ping", {})
    run = request_delivery(endpoint, by=None)
    assert run is not None
    return [str(run.pk)]


def the_messages() -> dict[str, Any]:
    columns = ("event", "entries", "state", "attempts", "problem")
    rows = WebhookDelivery.objects.order_by("event", "pk").values_list(*columns)
    return {"runs": runs(), "messages": [list(row) for row in rows]}
