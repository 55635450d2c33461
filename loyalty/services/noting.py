"""What people keep beside the list: notes, saved views, and the texts that members are told."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.models import User
from core.problems import Problem
from core.services.audit import record_event
from crm.models import Customer
from loyalty.messages import check_text
from loyalty.models import MemberNote, MessageText, Programme, SavedView

LONGEST_NOTE = LONGEST_TEXT = 2_000
LONGEST_NAME = 80
LONGEST_QUERY = 1_000


def add_note(*, programme: Programme, customer: Customer, text: str, by: User) -> MemberNote:
    """A note on one customer for everybody who works with the programme; the audit trail keeps its digest alone."""
    check_note(text)
    with transaction.atomic():
        note = MemberNote.objects.create(
            programme=programme, customer=customer, text=text.strip(), created_by=by, created_at=timezone.now()
        )
        facts = {"programme": programme.pk, "note": note.pk}
        record_event(by=by, action="member.noted", obj="customer", key=customer.pk, facts=facts, changed=note.text)
    return note


def check_note(text: str) -> None:
    if not text.strip():
        raise Problem("note", _("Write something, then keep the note."))
    if len(text.strip()) > LONGEST_NOTE:
        raise Problem("note", _("The note is too long: use at most %(most)s characters.") % {"most": LONGEST_NOTE})


def remove_note(*, note: MemberNote, by: User) -> None:
    with transaction.atomic():
        facts = {"programme": note.programme_id, "note": note.pk}
        record_event(by=by, action="member.note_removed", obj="customer", key=note.customer_id, facts=facts)
        note.delete()


def save_view(*, programme: Programme, name: str, query: str, by: User) -> SavedView:
    """Filters, order and columns under a name; the same name again replaces what it stood for."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise Problem("name", _("Give the view a name of at most %(most)s characters.") % {"most": LONGEST_NAME})
    if len(query) > LONGEST_QUERY:
        raise Problem("query", _("These filters are too long to be kept: leave some out."))
    with transaction.atomic():
        values = {"query": query, "created_by": by, "created_at": timezone.now()}
        view, _created = SavedView.objects.update_or_create(programme=programme, name=name, defaults=values)
        record_event(by=by, action="view.saved", obj=view, key=view.pk, changed=query)
    return view


def remove_view(*, view: SavedView, by: User) -> None:
    with transaction.atomic():
        record_event(by=by, action="view.removed", obj=view, key=view.pk)
        view.delete()


def set_texts(*, programme: Programme, texts: dict[str, str], by: User) -> None:
    """The texts by kind; an empty one is none. Raises Problem for a place that is not known."""
    for text in texts.values():
        check_text(text)
        if len(text) > LONGEST_TEXT:
            raise Problem("text", _("A text is too long: use at most %(most)s characters.") % {"most": LONGEST_TEXT})
    with transaction.atomic():
        for kind in MessageText.Kind.values:
            values = {"text": texts.get(kind, "").strip(), "changed_by": by, "changed_at": timezone.now()}
            MessageText.objects.update_or_create(programme=programme, kind=kind, defaults=values)
        facts = {"kinds": sorted(kind for kind, text in texts.items() if text.strip())}
        record_event(by=by, action="texts.changed", obj=programme, key=programme.pk, facts=facts, changed=texts)
