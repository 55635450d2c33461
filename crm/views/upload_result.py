"""What came of an import, for the upload's page."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.formatting import number_text
from crm import selectors
from crm.ledger.completing import can_be_completed
from crm.ledger.redoing import can_come_back
from crm.models import Upload
from crm.selectors.upload_figures import is_being_described
from crm.views.upload_changes import changes_of


def words_of(upload: Upload) -> dict[str, Any]:
    """How the rows of this kind of file are called, and whether it brings money."""
    is_shop = upload.kind == "transactions"
    known = selectors.known_purchases(upload) if upload.kind == "events" else 0
    sentence = ngettext(
        "%(count)s purchase among them is held by another file too and counts there.",
        "%(count)s purchases among them are held by another file too and count there.",
        known,
    )
    accepted, look = {
        "events": (_("Events accepted"), _("Look at its events")),
        "sessions": (_("Visits accepted"), _("Look at its visits")),
        "customers": (_("Rows accepted"), _("Look at its customers")),
    }.get(upload.kind, (_("Lines accepted"), _("Look at its lines")))
    return {
        "accepted": accepted,
        "look": look,
        "known_purchases": sentence % {"count": number_text(known)} if known else "",
        "has_money": is_shop or (upload.kind == "events" and bool(upload.orders)),
        "revenue_hint": _("Net of returns, guests included") if is_shop else _("Of its purchase events"),
        "orders_hint": _("Cancellations included") if is_shop else _("Of its purchase events"),
    }


def result_context(upload: Upload) -> dict[str, Any]:
    """Figures, examples of what was rejected, what it changed."""
    is_working = upload.is_busy and not upload.is_being_checked
    if is_working or not (upload.published_at or upload.state == Upload.State.IMPORTED):
        return {}
    figures = selectors.upload_figures(upload)
    is_counted = bool(upload.published_at and upload.accepted) and upload.kind == "transactions"
    examples = selectors.rejected_examples(upload)
    return {
        "words": words_of(upload),
        **selectors.described(figures),
        "is_described": figures is None and is_being_described(upload),
        "changes": changes_of(upload) if is_counted else None,
        "rejected_examples": examples,
        "rejected_columns": selectors.rejected_columns(upload) if examples else [],
        "can_complete": can_be_completed(upload.completes or upload),
        "can_come_back": can_come_back(upload),
        **selectors.corrections(upload),
    }
