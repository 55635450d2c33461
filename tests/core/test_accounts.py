"""Accounts as services make them."""

import pytest

from core.models import AuditEvent, User
from core.services.accounts import AccountError, create_first_accounts, create_user
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
