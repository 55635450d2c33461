"""A file at a web address: over https, to public addresses, whole, and each version once."""

import socket
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from crm.models import InboxFile, Upload
from crm.sources import SourceProblem, check_location, public
from tests.crm.sources import Answerer, HttpsServer, leading_to, look, make_inbox, sending, work_off
from tests.factories import CSV

pytestmark = pytest.mark.django_db
DATA = CSV.encode()


@pytest.fixture
def answers() -> dict[str, Answerer]:
    return {}


@pytest.fixture
def server(tmp_path: Path, answers: dict[str, Answerer], settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A shop's server on this machine, which only the test's setting makes reachable."""
    settings.PULL_ALLOW_PRIVATE = True
    with HttpsServer(tmp_path, answers) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        yield server


def pulled(location: str, **fields: Any) -> Any:
    return make_inbox(location, kind="pull", **fields)


def test_a_file_is_pulled_and_imported(server: HttpsServer, answers: dict[str, Answerer]) -> None:
    answers["/exports/orders.csv"] = sending(DATA)
    inbox = pulled(f"{server.url}/exports/orders.csv?shop=1")
    assert look(inbox) == {"taken": 1, "known": 0, "waiting": 0, "problem": ""}
    work_off()
    upload = Upload.objects.get()
    assert (upload.file_name, upload.state, upload.accepted) == ("orders.csv", "published", 2)


def test_an_unchanged_file_is_not_sent_again(server: HttpsServer, answers: dict[str, Answerer]) -> None:
    answers["/orders.csv"] = sending(DATA, ETag='"one"')
    inbox = pulled(f"{server.url}/orders.csv")
    look(inbox)
    assert look(inbox) == {"taken": 0, "known": 0, "waiting": 0, "problem": ""}
    assert server.asked[1][1]["If-None-Match"] == '"one"'
    answers["/orders.csv"] = sending(DATA.replace(b"A1", b"B1"), ETag='"two"')
    assert look(inbox)["taken"] == 1


def test_a_server_without_marks_is_asked_and_the_bytes_decide(
    server: HttpsServer, answers: dict[str, Answerer]
) -> None:
    answers["/orders.csv"] = sending(DATA)
    inbox = pulled(f"{server.url}/orders.csv")
    assert [look(inbox)["taken"], look(inbox)["taken"]] == [1, 0]
    assert InboxFile.objects.count() == Upload.objects.count() == 1


def test_each_days_file_is_taken_once_and_missed_days_are_made_up(
    server: HttpsServer, answers: dict[str, Answerer]
) -> None:
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in (2, 1, 0)]
    for day in days[:2]:
        answers[f"/{day:%Y/%m}/orders-{day:%d}.csv"] = sending(DATA.replace(b"A1", f"N{day:%d}".encode()))
    inbox = pulled(f"{server.url}/{{date:%Y/%m}}/orders-{{date:%d}}.csv", created_at=timezone.now() - timedelta(days=2))
    assert look(inbox) == {"taken": 2, "known": 0, "waiting": 0, "problem": ""}
    answers[f"/{today:%Y/%m}/orders-{today:%d}.csv"] = sending(DATA)
    server.asked.clear()
    assert look(inbox)["taken"] == 1
    assert len(server.asked) == 1


def test_a_missed_day_that_is_not_there_is_named(server: HttpsServer) -> None:
    inbox = pulled(f"{server.url}/{{date-1:%Y-%m-%d}}.csv", created_at=timezone.now() - timedelta(days=1))
    yesterday = timezone.localdate() - timedelta(days=1)
    assert str(yesterday.year) in look(inbox)["problem"]
    assert server.asked[0][0] == f"/{yesterday - timedelta(days=1)}.csv"


def test_the_token_goes_to_its_server_alone(
    server: HttpsServer, answers: dict[str, Answerer], tmp_path_factory: Any, settings: Any, monkeypatch: Any
) -> None:
    settings.PULL_TOKENS = {"shop": "secret"}
    folder = tmp_path_factory.mktemp("other")
    with HttpsServer(folder, {"/there.csv": sending(DATA)}) as other:
        both = folder / "both.pem"
        both.write_bytes(server.certificate.read_bytes() + other.certificate.read_bytes())
        monkeypatch.setenv("SSL_CERT_FILE", str(both))
        answers["/orders.csv"] = leading_to(f"{other.url}/there.csv")
        inbox = pulled(f"{server.url}/orders.csv", token_name="shop")
        assert look(inbox)["taken"] == 1
        assert server.asked[0][1]["Authorization"] == "Bearer secret"
        assert "Authorization" not in other.asked[0][1]


def test_a_token_that_nobody_set_is_asked_for(server: HttpsServer, answers: dict[str, Answerer]) -> None:
    answers["/orders.csv"] = sending(DATA)
    assert "INSIDERS_PULL_TOKENS" in look(pulled(f"{server.url}/orders.csv", token_name="shop"))["problem"]
    assert server.asked == []


def test_a_connection_that_breaks_off_leaves_nothing(server: HttpsServer, answers: dict[str, Answerer]) -> None:
    answers["/orders.csv"] = sending(DATA, **{"Content-Length": str(len(DATA) + 10)})
    assert "broke off" in look(pulled(f"{server.url}/orders.csv"))["problem"]
    assert not Upload.objects.exists()
    assert not InboxFile.objects.exists()


@pytest.mark.parametrize("is_announced", [True, False])
def test_too_large_a_file_is_not_taken(
    server: HttpsServer, answers: dict[str, Answerer], settings: Any, is_announced: bool
) -> None:
    settings.UPLOAD_MAX_MB = 1
    headers = {} if is_announced else {"Content-Length": ""}
    answers["/orders.csv"] = sending(b"x" * 1_000_001, **headers)
    assert "larger than 1 MB" in look(pulled(f"{server.url}/orders.csv"))["problem"]
    assert not Upload.objects.exists()


def test_redirects_end(server: HttpsServer, answers: dict[str, Answerer]) -> None:
    answers["/a"] = leading_to("/b")
    answers["/b"] = leading_to("/a")
    assert "leads on more than 5 times" in look(pulled(f"{server.url}/a"))["problem"]


@pytest.mark.parametrize("target", ["http://localhost/x", "file:///etc/passwd", "https://user:pw@localhost/x"])
def test_a_redirect_to_anything_but_https_is_refused(
    server: HttpsServer, answers: dict[str, Answerer], target: str
) -> None:
    answers["/a"] = leading_to(target)
    assert look(pulled(f"{server.url}/a"))["problem"]
    assert len(server.asked) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(
    server: HttpsServer, answers: dict[str, Answerer], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers["/orders.csv"] = sending(DATA)
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "certificate of localhost can't be trusted" in look(pulled(f"{server.url}/orders.csv"))["problem"]
    assert server.asked == []


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_each_refusal_has_a_sentence(server: HttpsServer, answers: dict[str, Answerer], status: int) -> None:
    answers["/x"] = lambda handler: handler.send_error(status)
    assert str(status) in look(pulled(f"{server.url}/x"))["problem"]


def test_private_addresses_are_never_reached(server: HttpsServer, answers: dict[str, Answerer], settings: Any) -> None:
    settings.PULL_ALLOW_PRIVATE = False
    answers["/orders.csv"] = sending(DATA)
    assert "not on the public internet" in look(pulled(f"{server.url}/orders.csv"))["problem"]
    assert server.asked == []


def test_a_name_that_changes_its_address_is_resolved_once(
    server: HttpsServer, answers: dict[str, Answerer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address that was looked at is the one that is connected to, whatever the name says a moment later."""
    answers["/orders.csv"] = sending(DATA)
    asked: list[str] = []
    resolve = socket.getaddrinfo

    def rebinding(host: str, port: int, *arguments: Any, **named: Any) -> list[Any]:
        if host != "localhost":
            return resolve(host, port, *arguments, **named)
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) == 1 else "127.0.0.2", port))]

    monkeypatch.setattr("socket.getaddrinfo", rebinding)
    connection = public.connect("localhost", server.port)
    assert connection.sock.getpeername()[0] == "127.0.0.1"
    connection.close()
    assert asked == ["localhost"]


@pytest.mark.parametrize(
    ("address", "is_public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        *((text, False) for text in ("127.0.0.1", "10.0.0.1", "172.16.5.5", "192.168.1.1", "169.254.169.254")),
        *((text, False) for text in ("0.0.0.0", "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::")),
        *(
            (text, False)
            for text in ("fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::")
        ),
    ],
)
def test_what_is_a_public_address(address: str, is_public: bool) -> None:
    assert public.is_public(address) is is_public


@pytest.mark.parametrize(
    "location",
    [
        "http://shop.example/a",
        "ftp://shop.example/a",
        "https://",
        "https://user:secret@shop.example/a",
        "https://shop.example:99999/a",
        "https://shop.example/{date}.csv",
        "https://{date:%d}.example/a",
        "https://shop.example/a b",
        "https://shop.example/a\r\nX: y",
        "shop.example/a",
    ],
)
def test_what_is_no_address_of_a_source(location: str) -> None:
    with pytest.raises(SourceProblem):
        check_location("pull", location)
