"""Ada, an administrator, and what she may change about the others."""

import re

import pytest
from django.test import Client

from core.models import AuditEvent, User
from core.services.audit import record_event
from tests.factories import PASSWORD, make_schedule_entry, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(client: Client) -> User:
    ada = make_user("admin", username="ada")
    client.force_login(ada)
    return ada


def test_a_new_account_gets_a_password_that_works(client: Client, ada: User) -> None:
    fields = {"username": "bob", "role": "analyst", "email": "", "own_password": PASSWORD}
    answer = client.post("/settings/", fields).content.decode()
    (password,) = re.findall(r'<code class="once">([^<]+)</code>', answer)
    assert Client().login(username="bob", password=password)
    assert password not in client.get("/settings/").content.decode()


@pytest.mark.parametrize("name", ["ada", "ADA", "two words"])
def test_a_name_that_is_taken_or_wrong_makes_no_account(client: Client, ada: User, name: str) -> None:
    fields = {"username": name, "role": "analyst", "email": "", "own_password": PASSWORD}
    assert client.post("/settings/", fields).status_code == 422
    assert User.objects.count() == 1


def test_rights_are_handed_out_only_with_the_own_password(client: Client, ada: User) -> None:
    bob = make_user("marketer")
    fields = {"role": "admin", "is_active": "on", "own_password": "wrong"}
    assert client.post(f"/settings/team/{bob.pk}/", fields).status_code == 422
    bob.refresh_from_db()
    assert bob.role == "marketer"


def test_guessing_the_own_password_ends_after_five_tries(client: Client, ada: User) -> None:
    bob = make_user("marketer")
    for password in ["wrong"] * 5 + [PASSWORD]:
        fields = {"role": "admin", "is_active": "on", "own_password": password}
        assert client.post(f"/settings/team/{bob.pk}/", fields).status_code == 422


def test_a_new_role_counts_from_the_next_click(client: Client, ada: User) -> None:
    bob, browser = make_user("marketer"), Client()
    browser.force_login(bob)
    assert browser.get("/settings/audit/").status_code == 403
    client.post(f"/settings/team/{bob.pk}/", {"role": "manager", "is_active": "on", "own_password": PASSWORD})
    assert browser.get("/settings/audit/").status_code == 200
    event = AuditEvent.objects.get(action="user.changed")
    assert (event.facts["was_role"], event.facts["role"], event.object_key) == ("marketer", "manager", str(bob.pk))


def test_a_closed_account_is_out_at_once(client: Client, ada: User) -> None:
    bob, browser = make_user("marketer"), Client()
    browser.force_login(bob)
    client.post(f"/settings/team/{bob.pk}/", {"role": "marketer", "own_password": PASSWORD})
    assert browser.get("/").status_code == 302


@pytest.mark.parametrize("fields", [{"role": "marketer", "is_active": "on"}, {"role": "admin"}])
def test_the_last_administrator_stays(client: Client, ada: User, fields: dict[str, str]) -> None:
    answer = client.post(f"/settings/team/{ada.pk}/", {**fields, "own_password": PASSWORD})
    assert answer.status_code == 422
    assert "last administrator" in answer.content.decode()
    ada.refresh_from_db()
    assert (ada.role, ada.is_active) == ("admin", True)


def test_the_schedule_is_switched_off_and_on(client: Client, ada: User) -> None:
    entry = make_schedule_entry()
    for value in ("0", "1"):
        client.post(f"/settings/schedule/{entry.pk}/", {"is_enabled": value})
        entry.refresh_from_db()
        assert entry.is_enabled is (value == "1")
    assert AuditEvent.objects.filter(action="schedule.changed").count() == 2


def test_the_book_is_searched_by_what_who_and_to_what(client: Client, ada: User) -> None:
    record_event(by=ada, action="upload.stored", obj="upload", key=7)
    record_event(by=None, action="snapshot.published", obj="snapshot", key=8)
    seen = {
        query: client.get("/settings/audit/", {"q": query}).content.decode().count("<tr><td")
        for query in ("", "upload.", f"user:{ada.pk}", "snapshot", "8", "nothing.such")
    }
    assert seen == {"": 2, "upload.": 1, f"user:{ada.pk}": 1, "snapshot": 1, "8": 1, "nothing.such": 0}


def test_the_book_is_read_page_by_page(client: Client, ada: User) -> None:
    for number in range(60):
        record_event(by=None, action="thing.made", obj="thing", key=number)
    first = client.get("/settings/audit/").content.decode()
    assert first.count("<tr><td") == 50
    (cursor,) = re.findall(r"cursor=(after-\d+)", first)
    second = client.get("/settings/audit/", {"cursor": cursor}).content.decode()
    assert second.count("<tr><td") == 10


@pytest.mark.parametrize(
    "address", ["/settings/", "/settings/schedule/", "/settings/audit/", "/settings/jobs/", "/account/"]
)
def test_pages_ask_the_database_a_bounded_number_of_questions(
    client: Client, ada: User, address: str, django_assert_max_num_queries: object
) -> None:
    for number in range(30):
        make_user()
        record_event(by=ada, action="thing.made", obj="thing", key=number)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        client.get(address)
