"""What the customer's page and the API say of a person beyond purchases: how to reach them, and their visits."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.formatting import number_text
from core.money import plain
from core.ui import Column, Definition
from crm import ledger, selectors

VISIT_COLUMNS = (
    Column(gettext_lazy("Visit")),
    Column(gettext_lazy("Pages"), is_numeric=True),
    Column(gettext_lazy("Length"), is_numeric=True),
    Column(gettext_lazy("Device")),
    Column(gettext_lazy("Came from")),
)
CONSENT_WORDS = {
    True: gettext_lazy("Has agreed to be written to."),
    False: gettext_lazy("Does not want to be written to."),
    None: gettext_lazy("Not known: no file says it, so ask before you write."),
}


def contact_details(contact: selectors.Contact | None) -> list[Definition]:
    """The card of contact details; empty where no file of customers speaks of the person."""
    if contact is None:
        return []
    born = contact.birth_date
    age = contact.age(timezone.localdate())
    years = _("%(age)s years old") % {"age": age} if age is not None and age >= 0 else ""
    facts = [
        Definition(_("Name"), contact.name),
        Definition(_("E-mail address"), contact.email),
        Definition(_("Consent"), CONSENT_WORDS[contact.consent]),
        Definition(_("Date of birth"), date_format(born, "j F Y") if born else "", years),
        Definition(_("Lives in"), ", ".join(filter(None, (contact.city, contact.country)))),
        *(Definition(name, text) for name, text in contact.attributes.items()),
    ]
    return [fact for fact in facts if fact.value]


def contact_source(contact: selectors.Contact | None) -> str:
    """Which files it comes from, in a sentence."""
    if contact is None:
        return ""
    count = len(contact.uploads) - 1
    newest = contact.uploads[0].file_name
    if not count:
        return _("From the file %(name)s.") % {"name": newest}
    others = ngettext("%(count)s older file", "%(count)s older files", count) % {"count": number_text(count)}
    return _("From the file %(name)s and %(others)s; the newest word counts.") % {"name": newest, "others": others}


def contact_data(contact: selectors.Contact | None) -> dict[str, Any] | None:
    """The contact as the API and the command write it."""
    if contact is None:
        return None
    texts = {name: getattr(contact, name) or None for name in ("name", "email", "country", "city")}
    born = contact.birth_date and contact.birth_date.isoformat()
    return {**texts, "birth_date": born, "consent": contact.consent, "attributes": contact.attributes}


def visits_sentence(visits: ledger.Visits) -> str:
    """How often, and what came of it."""
    count = ngettext("%(count)s visit", "%(count)s visits", visits.sessions) % {"count": number_text(visits.sessions)}
    bought = ngettext("%(count)s of them converted", "%(count)s of them converted", visits.converted)
    parts = [count, bought % {"count": number_text(visits.converted)}]
    if visits.events:
        parts.append(
            ngettext("%(count)s event", "%(count)s events", visits.events) % {"count": number_text(visits.events)}
        )
    return _("%(list)s.") % {"list": ", ".join(parts)}


def visit_rows(visits: ledger.Visits) -> list[dict[str, Any]]:
    """The newest visits for the table."""
    return [
        {
            "visit": visit,
            "length": length_text(visit.duration),
            "device": ", ".join(filter(None, (visit.device, visit.os, visit.browser))),
        }
        for visit in visits.recent
    ]


def length_text(seconds: Any) -> str:
    """How long a visit was; empty where nothing says it. One event alone has no length."""
    if seconds is None:
        return ""
    if seconds < 60:
        return _("%(count)s s") % {"count": number_text(round(seconds))}
    return _("%(count)s min") % {"count": number_text(round(seconds / 60))}


def visits_data(visits: ledger.Visits | None) -> dict[str, Any] | None:
    """The visits as the API and the command write them; null where no file of visits is published."""
    if visits is None:
        return None
    return {
        "sessions": visits.sessions,
        "events": visits.events,
        "converted": visits.converted,
        "first_at": _moment(visits.first_at),
        "latest_at": _moment(visits.latest_at),
        "kinds": [{"kind": kind, "events": count} for kind, count in visits.kinds],
        "recent": [visit_data(visit) for visit in visits.recent],
    }


def visit_data(visit: ledger.Visit) -> dict[str, Any]:
    return {
        "session_id": visit.session,
        "started_at": _moment(visit.started_at),
        "duration": None if visit.duration is None else plain(visit.duration),
        "pages": visit.pages,
        "events": visit.events,
        "landing": visit.landing,
        "device": visit.device,
        "os": visit.os,
        "browser": visit.browser,
        "referrer": visit.referrer,
        "converted": visit.converted,
    }


def _moment(at: datetime | None) -> str | None:
    return timezone.localtime(at).isoformat() if at else None
