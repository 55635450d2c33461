"""Accounts as services make them."""

import pytest
from django.test import Client

from core.models import AuditEvent, User
from core.services.accounts import AccountError, change_user, create_first_accounts, create_user
from core.services.audit import verify_chain
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_the_first_start_makes_one_account_a_role() -> None:
    made = create_first_accounts()
    assert [user.role for user, _ in made] == User.Role.values
    assert all(user.check_password(password) and len(password) >= 16 for user, password in made)
    assert AuditEvent.objects.filter(action="user.created").count() == 4


def test_a_later_start_makes_none() -> None:
    make_user()
    assert create_first_accounts() == []


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(AccountError, match="There is no role 'owner'"):
        create_user(username="ann", role="owner", by=None)


def test_a_refused_account_leaves_no_event() -> None:
    create_user(username="ann", role="analyst", by=None)
    with pytest.raises(AccountError):
        create_user(username="Ann", role="analyst", by=None)
    assert AuditEvent.objects.count() == 1
    assert verify_chain()[0]


def test_the_sessions_of_somebody_who_is_closed_out_end_and_do_not_come_back(client: Client) -> None:
    ann, admin, other = make_user(), make_user("admin"), Client()
    client.force_login(ann)
    other.force_login(admin)
    change_user(user=ann, role=ann.role, is_active=False, by=admin)
    assert client.get("/").status_code == 302
    change_user(user=ann, role=ann.role, is_active=True, by=admin)
    assert client.get("/").status_code == 302
    assert other.get("/").status_code == 200
