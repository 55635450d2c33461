"""Every address, as everybody, by every method: closed unless the table opens it, and never an error of ours."""

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from core.middleware import POLICY
from core.models import User
from core.permissions import PERMISSIONS
from tests.access_table import ACCESS, CLOSER, Access
from tests.factories import make_token, make_user

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
# What a browser would refuse under the policy, wherever a template may hide it.
INLINE = re.compile(
    rb"<script(?![^>]*\b(?:src=|type=\"application/json\"))|<style|\sstyle=\"|\son[a-z]+=\"|javascript:"
)


def patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from patterns(entry, inner)
        else:
            yield f"{namespace}{entry.name or f'without a name: {entry.pattern}'}", entry


URL_NAMES = sorted({name for name, _ in patterns(get_resolver())})


def test_every_address_is_listed_and_every_line_has_an_address() -> None:
    unlisted = [name for name in URL_NAMES if name not in ACCESS]
    assert not unlisted, (
        f"{', '.join(unlisted)}: add a line to ACCESS in tests/access_table.py that says who may go there, "
        'such as "app:name": page("view", pk=lambda: make_thing().pk)'
    )
    assert not [name for name in ACCESS if name not in URL_NAMES], "a line of the table has no address any more"


def test_every_capability_of_the_table_exists() -> None:
    named = {access.read for access in ACCESS.values()} | {access.write for access in ACCESS.values()}
    assert named - {""} <= set(PERMISSIONS)


class Actor:
    """Somebody with a session, with a token, or with nothing."""

    def __init__(self, name: str, user: User | None, token: str = "") -> None:
        self.name, self.user, self.token = name, user, token
        self.client = Client(headers={"Authorization": f"Token {token}"} if token else None)
        if user is not None and not token:
            self.client.force_login(user)
        self._cookies = self.client.cookies.output(header="", sep=";")

    def ask(self, method: str, url: str) -> HttpResponse:
        """The answer, with everything that it did taken back."""
        self.client.cookies = SimpleCookie(self._cookies)
        with transaction.atomic():
            answer = self.client.generic(method, url, content_type="application/x-www-form-urlencoded")
            if answer.streaming:  # a stream reads the database as it flows: let it, before the roll-back
                b"".join(answer)
            transaction.set_rollback(True)
        return answer  # type: ignore[return-value]


@pytest.fixture
def actors(db: Any) -> list[Actor]:
    people = [Actor(role, make_user(role)) for role in User.Role.values]
    reader = make_user("admin")
    return [Actor("anonymous", None), Actor("read-only token", reader, make_token(reader)), *people]


@pytest.mark.parametrize("name", [name for name in URL_NAMES if name in ACCESS])
def test_access(name: str, actors: list[Actor]) -> None:
    walk(name, ACCESS[name], actors)


@pytest.mark.parametrize(("name", "what"), CLOSER)
def test_access_to_rows_that_fewer_may_see(name: str, what: str, actors: list[Actor]) -> None:
    walk(name, CLOSER[name, what], actors)


def walk(name: str, access: Access, actors: list[Actor]) -> None:
    url = _address(name, access)
    faults = []
    for actor in actors:
        for method in METHODS:
            answer = actor.ask(method, url)
            fault = _fault_of(access, actor, method, answer) or _header_fault_of(answer)
            if fault:
                faults.append(f"{method} {url} as {actor.name}: {answer.status_code}, {fault}")
    assert not faults, "\n".join(faults)


def _address(name: str, access: Access) -> str:
    if name == "api:unknown":
        return "/api/v1/nothing/here/"
    return reverse(name, kwargs={key: make() for key, make in access.samples.items()})


def _fault_of(access: Access, actor: Actor, method: str, answer: HttpResponse) -> str:
    status = answer.status_code
    if status >= 500 and not (access.kind == "public" and status == 503):
        return "an error of ours"
    if access.kind == "public":
        return _wrong_method(access, method, status) if method not in access.methods else _granted(access, answer)
    if actor.user is None or (access.kind == "page" and actor.token):
        return _turned_away(access, answer)
    is_read = method in {"GET", "HEAD", "OPTIONS"}
    role_may = actor.user.role in PERMISSIONS[access.capability(method)]
    if not role_may or (actor.token and not is_read):
        return "" if status in {403, 405} else "should be refused"
    return _granted(access, answer) if method in access.methods else _wrong_method(access, method, status)


def _turned_away(access: Access, answer: HttpResponse) -> str:
    if access.kind == "api":
        return "" if answer.status_code == 401 else "should answer 401"
    is_sent_to_sign_in = answer.status_code == 302 and answer["Location"].startswith("/sign-in/?next=")
    return "" if is_sent_to_sign_in else "should lead to the sign-in page"


def _granted(access: Access, answer: HttpResponse) -> str:
    if answer.status_code == 404:
        return "" if access.is_missing else "its sample does not exist"
    return "should be allowed" if answer.status_code in {401, 403, 405} else ""


def _wrong_method(access: Access, method: str, status: int) -> str:
    return (
        ""
        if status == 405 or (status == 404 and access.is_missing)
        else f"{method} should be no method of this address"
    )


def _header_fault_of(answer: HttpResponse) -> str:
    if answer["Content-Security-Policy"] != POLICY:
        return "another Content-Security-Policy"
    if answer["X-Content-Type-Options"] != "nosniff" or answer["X-Frame-Options"] != "DENY":
        return "a security header is missing"
    is_html = answer.get("Content-Type", "").startswith("text/html") and not answer.streaming
    inline = INLINE.search(answer.content) if is_html else None
    return f"inline script or style: {inline.group()!r}" if inline else ""


def test_positive_control_a_page_without_its_guard_is_noticed(actors: list[Actor]) -> None:
    """The walk itself: told that a marketer may not see a page that they may, it has to object."""
    marketer = next(actor for actor in actors if actor.name == "marketer")
    answer = marketer.ask("GET", reverse("core:today"))
    assert _fault_of(Access("page", frozenset({"GET"}), "team.manage", "team.manage"), marketer, "GET", answer)
    assert _fault_of(ACCESS["core:today"], marketer, "GET", answer) == ""
