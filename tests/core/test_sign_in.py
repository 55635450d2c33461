"""Ann, an analyst, at the front door."""

import threading
import time
from typing import Any

import pytest
from django.contrib.auth.backends import ModelBackend
from django.db import connections
from django.test import Client

from core.authentication import LockoutBackend
from core.models import AuditEvent, SignInFailure, User
from core.services.audit import verify_chain
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_user("analyst", username="ann")


def sign_in(client: Client, password: str = PASSWORD, name: str = "ann", **more: str) -> int:
    return client.post("/sign-in/", {"username": name, "password": password, **more}).status_code


def test_sign_in_leads_to_today(client: Client, ann: User) -> None:
    answer = client.post("/sign-in/", {"username": "ann", "password": PASSWORD})
    assert answer.status_code == 302
    assert answer["Location"] == "/"
    assert client.get("/").status_code == 200


def test_sign_in_leads_back_to_the_page_that_was_wanted_but_never_to_another_site(client: Client, ann: User) -> None:
    wanted = client.post("/sign-in/", {"username": "ann", "password": PASSWORD, "next": "/runs/running/"})
    assert wanted["Location"] == "/runs/running/"
    client.post("/sign-out/")
    elsewhere = client.post("/sign-in/", {"username": "ann", "password": PASSWORD, "next": "https://evil.example/"})
    assert elsewhere["Location"] == "/"


def test_sign_in_changes_the_session_key(client: Client, ann: User) -> None:
    session = client.session
    session["a"] = 1
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.session.session_key != before


def test_a_page_asks_a_stranger_to_sign_in(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=/"


def test_sign_out_needs_a_post_and_ends_the_session(client: Client, ann: User) -> None:
    sign_in(client)
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/").status_code == 302


def test_the_sixth_try_fails_even_with_the_right_password_and_says_the_same(client: Client, ann: User) -> None:
    texts = []
    for password in ["wrong"] * 5 + [PASSWORD]:
        answer = client.post("/sign-in/", {"username": "ann", "password": password})
        assert answer.status_code == 422
        texts.append(answer.content.decode().split("<form")[0].split("<main")[1])
    assert len(set(texts)) == 1
    assert "After five failures the account is closed for 30 minutes." in texts[0]
    assert SignInFailure.objects.count() == 5


def test_lock_out_ends_after_thirty_minutes(client: Client, ann: User) -> None:
    from datetime import timedelta

    from django.utils import timezone

    for _ in range(5):
        sign_in(client, "wrong")
    SignInFailure.objects.update(at=timezone.now() - timedelta(minutes=31))
    assert sign_in(client) == 302


def test_an_unknown_name_is_counted_like_a_known_one(client: Client) -> None:
    for _ in range(6):
        assert sign_in(client, "wrong", name="nobody") == 422
    assert SignInFailure.objects.filter(username_key="nobody").count() == 5


def test_the_book_says_who_signed_in_and_out_and_hides_the_name_of_a_failure(client: Client, ann: User) -> None:
    sign_in(client, "wrong", name="my-secret-typed-as-a-name")
    sign_in(client)
    client.post("/sign-out/")
    actions = list(AuditEvent.objects.order_by("sequence").values_list("action", "actor_key"))
    me = f"user:{ann.pk}"
    assert actions == [("user.sign_in_failed", "system"), ("user.signed_in", me), ("user.signed_out", me)]
    assert not any("secret" in str(vars(event)) for event in AuditEvent.objects.all())
    assert verify_chain() == (True, "3 events, unbroken.")


@pytest.mark.django_db(transaction=True)
def test_guesses_that_arrive_at_once_are_counted_before_the_password_is_looked_at(
    ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []

    def look(self: ModelBackend, request: object, **given: Any) -> None:
        looked.append(given["password"])
        time.sleep(0.3)

    monkeypatch.setattr(ModelBackend, "authenticate", look)
    start = threading.Barrier(12)
    answers: list[User | None] = []

    def guess(number: int) -> None:
        start.wait()
        try:
            answers.append(LockoutBackend().authenticate(None, username="ann", password=f"guess {number}"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=guess, args=[number]) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert answers == [None] * 12
    assert len(looked) <= 5
    assert SignInFailure.objects.filter(username_key="ann").count() == len(looked)


def test_a_success_forgets_the_attempts(client: Client, ann: User) -> None:
    for _ in range(4):
        sign_in(client, "wrong")
    assert sign_in(client) == 302
    assert not SignInFailure.objects.exists()
