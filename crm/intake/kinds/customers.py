"""Customers, one a row: how to call and to reach somebody, and whether one may. They leave nothing in the ledger."""

from crm.intake.columns import Columns
from crm.intake.kinds.reading import flags, unread
from crm.intake.kinds.spec import Shop, Spec
from crm.intake.values import local_time_sql

LONGEST = 255
TEXTS = ("name", "email", "country", "city")


def customers(columns: Columns, shop: Shop) -> Spec:
    too_long = " OR ".join(f"length({name}) > {LONGEST}" for name in TEXTS)
    return Spec(
        typed=_typed(columns),
        reasons=[
            ("missing_customer", "customer IS NULL"),
            ("id_too_long", f"length(customer) > {LONGEST}"),
            ("text_too_long", too_long),
            ("bad_date", "is_birth_unread"),
            ("birth_out_of_range", "year(birth_date) < 1900 OR birth_date > today()"),
            ("bad_flag", "unread IS NOT NULL"),
        ],
        destinations=(),
        dropped=("is_birth_unread", "unread"),
        warnings={
            "odd_email": "NOT regexp_full_match(email, '[^@ ]+@[^@ ]+')",
            "unknown_consent": "consent IS NULL",
        },
    )


def _typed(columns: Columns) -> dict[str, str]:
    consent = flags(columns, ("consent",))
    born = _day(columns, "birth_date")
    return {
        "customer": columns.person("customer_id"),
        **{name: columns.text(name) for name in TEXTS},
        **consent,
        "unread": unread(columns, consent),
        "birth_date": born,
        "is_birth_unread": f"{columns.text('birth_date')} IS NOT NULL AND ({born}) IS NULL",
        "attributes": columns.attributes(),
    }


def _day(columns: Columns, name: str) -> str:
    """A day of the calendar, whatever clock it was written by."""
    if not columns.has(name):
        return "NULL::DATE"
    return f"CAST({local_time_sql(columns.source(name), columns.date_format)} AS DATE)"
