"""Whole visits, one a row. A visit may have no time and nobody's name; whether it converted it must say."""

from crm.intake.columns import Columns
from crm.intake.kinds.reading import counts, flags, measures, rates, time_reasons, timed, unread
from crm.intake.kinds.spec import Destination, Shop, Spec
from crm.ledger.relations import MADE_UP_ID, SESSIONS

TEXTS = ("session_id", "device", "os", "browser", "country", "referrer", "visitor_type")
MEASURES = ("duration", "page_value")
RATES = ("bounce_rate", "exit_rate")


def sessions(columns: Columns, shop: Shop) -> Spec:
    _, *wrong_time = time_reasons("started_at")
    return Spec(
        typed=_typed(columns),
        reasons=[
            ("id_too_long", "length(customer) > 255"),
            ("bad_flag", "converted IS NULL"),
            *((code, f"NOT no_time AND ({condition})") for code, condition in wrong_time),
            ("bad_rate", f"unread IN {RATES}"),
            ("bad_number", f"unread IS NOT NULL OR {' OR '.join(f'{name} < 0' for name in MEASURES)}"),
        ],
        destinations=(Destination(SESSIONS, "sessions", {"session_id": f"coalesce(session_id, {MADE_UP_ID})"}),),
        dropped=("no_time", "unread"),
        warnings={"guest_lines": "false", "undated_visits": "started_at IS NULL"},
        moment="started_at",
    )


def _typed(columns: Columns) -> dict[str, str]:
    values = {**counts(columns, ("pages",)), **measures(columns, MEASURES), **rates(columns, RATES)}
    return {
        "customer": columns.person("user_id"),
        **{name: columns.text(name) for name in TEXTS},
        **values,
        "unread": unread(columns, values),
        **flags(columns, ("converted",)),
        **timed(columns, "started_at", "started_on"),
        "attributes": columns.attributes(),
    }
