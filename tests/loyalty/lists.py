"""What people keep beside the members list, one row each."""

from datetime import date

from django.utils import timezone

from loyalty.models import Action, BulkAction, MemberNote, Pin, SavedView
from loyalty.selectors.standing import default_programme
from loyalty.services import act_on_many, add_note, pin_customer, save_view
from tests.factories import make_customer, make_user


def make_pin() -> Pin:
    manager, programme = make_user("manager"), default_programme()
    return pin_customer(programme=programme, customer=make_customer(), kind="in", reason="A friend", by=manager)


def make_note() -> MemberNote:
    return add_note(programme=default_programme(), customer=make_customer(), text="Called", by=make_user())


def make_saved_view() -> SavedView:
    name = f"Warned, {timezone.now():%f}"
    return save_view(programme=default_programme(), name=name, query="status=warned", by=make_user())


def make_bulk_action() -> BulkAction:
    keys = [make_customer().pk]
    return act_on_many(programme=default_programme(), keys=keys, kind="note", text="Called", by=make_user())


def make_action() -> Action:
    """A running one on its own, without an audience: for pages that only show it."""
    return Action.objects.create(
        programme=default_programme(),
        kind=Action.Kind.VISIT,
        group="members",
        group_label="members",
        name=f"Visit {Action.objects.count()}",
        text="A visit",
        state=Action.State.RUNNING,
        owner=make_user("manager"),
        due_on=date(2025, 5, 31),
        reads_out_on=date(2025, 8, 30),
        control_share=0.0,
        created_at=timezone.now(),
    )
