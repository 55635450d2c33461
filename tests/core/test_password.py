"""Forgetting a password, with a real mail server on loopback; and changing it."""

import re
import socket
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from django.test import Client

from core.models import AuditEvent, SignInFailure, User
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
NEW = "two swans on a lake"


@pytest.fixture
def ann() -> User:
    return make_user("analyst", username="ann", email="ann@example.com")


class Postman:
    """Keeps what the mail server was given."""

    def __init__(self) -> None:
        self.letters: list[Message] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - the library's name
        self.letters.append(message_from_bytes(envelope.content))
        return "250 OK"


@pytest.fixture
def postman(settings: Any) -> Iterator[Postman]:
    postman = Postman()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(postman, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    yield postman
    server.stop()


def link_in(letter: Message) -> str:
    text = letter.get_payload(decode=True)
    assert isinstance(text, bytes)
    found = re.search(r"http://testserver(/password/reset/\S+)", text.decode())
    assert found
    return found.group(1)


def test_a_mailed_link_sets_a_new_password_once(client: Client, ann: User, postman: Postman) -> None:
    assert client.post("/password/reset/", {"email": "ann@example.com"}).status_code == 302
    (letter,) = postman.letters
    assert letter["To"] == "ann@example.com"
    assert letter["Subject"] == "Choose a new password for Insiders"
    link = link_in(letter)
    form = client.get(link, follow=True)
    assert form.redirect_chain[-1][0].endswith("/set-password/"), "the secret must not stay in the address"
    done = client.post(form.redirect_chain[-1][0], {"new_password1": NEW, "new_password2": NEW})
    assert done["Location"] == "/sign-in/"
    assert client.login(username="ann", password=NEW)
    client.logout()
    assert "This link works no more" in client.get(link, follow=True).content.decode()


def test_a_mailed_link_opens_a_closed_account(client: Client, ann: User) -> None:
    for _ in range(5):
        client.post("/sign-in/", {"username": "ann", "password": "wrong"})
    client.post("/password/reset/", {"email": "ann@example.com"})
    address = client.get(re.findall(r"http://testserver(/\S+)", str(mail.outbox[0].body))[0])["Location"]
    client.post(address, {"new_password1": NEW, "new_password2": NEW})
    assert not SignInFailure.objects.exists()
    assert client.post("/sign-in/", {"username": "ann", "password": NEW}).status_code == 302


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: Client, ann: User, postman: Postman) -> None:
    known = client.post("/password/reset/", {"email": "ann@example.com"})
    unknown = client.post("/password/reset/", {"email": "nobody@example.com"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert len(postman.letters) == 1


def test_a_mail_server_that_is_down_is_no_error_of_the_page(client: Client, ann: User, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert client.post("/password/reset/", {"email": "ann@example.com"}).status_code == 302


def test_changing_the_password_keeps_this_session_and_ends_the_others(client: Client, ann: User) -> None:
    elsewhere = Client()
    client.force_login(ann)
    elsewhere.force_login(ann)
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert client.post("/password/change/", fields)["Location"] == "/account/"
    assert client.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 302
    assert AuditEvent.objects.filter(action="user.password_changed", actor_key=f"user:{ann.pk}").count() == 1


@pytest.mark.parametrize(
    ("old", "new"), [("wrong", NEW), (PASSWORD, "short"), (PASSWORD, "password123"), (PASSWORD, "48151623421")]
)
def test_a_wrong_old_or_a_weak_new_password_changes_nothing(client: Client, ann: User, old: str, new: str) -> None:
    client.force_login(ann)
    client.post("/password/change/", {"old_password": old, "new_password1": new, "new_password2": new})
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)
