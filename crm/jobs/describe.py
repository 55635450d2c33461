"""What a published file's lines are like, for its result page: computed once, beside the chain of results."""

from datetime import date
from typing import Any

import duckdb
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from analytics import description
from analytics.gaps import Gap, find_gaps
from analytics.public_holidays import country_code, public_holidays
from core.runs import Lease
from crm.ledger import reading
from crm.models import CatalogueVersion, Upload, UploadFigures
from crm.selectors import current_version

TOP = 10
# With more days than this a page shows months.
MOST_DAYS = 750
NAMED_GAPS = 50


def describe(lease: Lease) -> dict[str, Any]:
    """The job. Another run for the same upload writes the same figures over these."""
    upload = Upload.objects.filter(pk=lease.run.params["upload"]).first()
    lease.progress("Looking at the lines")
    figures = _figures(upload) if upload is not None else None
    with transaction.atomic():
        lease.guard()
        if figures and upload is not None and Upload.objects.filter(pk=upload.pk).exists():
            values = {"figures": figures, "computed_at": timezone.now()}
            UploadFigures.objects.update_or_create(upload=upload, defaults=values)
        elif upload is not None:
            # What it brought when it was published before; now other files hold all of it.
            UploadFigures.objects.filter(upload=upload).delete()
        lease.complete({"upload": lease.run.params["upload"], "described": bool(figures)})
    return lease.run.result or {}


def _figures(upload: Upload) -> dict[str, Any] | None:
    """None where the upload has no lines that count: it was taken back, or every line was known."""
    with reading(_version(upload), memory_mb=1000) as connection:
        connection.execute(f"CREATE TEMP VIEW mine AS SELECT * FROM lines WHERE upload_id = {upload.pk:d}")
        days = connection.execute("SELECT min(ordered_on), max(ordered_on) FROM mine").fetchone()
        if not days or days[0] is None:
            return None
        connection.execute(f"CREATE TEMP TABLE orders AS {description.orders_sql('mine')}")
        return {
            **_one(connection, description.newcomers_sql("lines", upload=upload.pk)),
            "repeat": _one(connection, description.repeat_shares_sql("orders")),
            "purchase_counts": _all(connection, description.purchase_counts_sql("orders")),
            "baskets": _one(connection, description.baskets_sql("orders")),
            "countries": _all(connection, description.countries_sql("mine", limit=TOP)),
            "items": _all(connection, description.top_items_sql("mine", limit=TOP)),
            "returns": _one(connection, description.returns_sql("mine")),
            "activity": _activity(connection, *days),
            "gaps": _gaps(connection, *days),
        }


def _version(upload: Upload) -> CatalogueVersion | None:
    """The ledger as this upload, or the latest change of its corrections, left it: what came afterwards says nothing of
    who was new then."""
    published = Q(upload=upload, reason=CatalogueVersion.Reason.PUBLISH)
    return (
        CatalogueVersion.objects.filter(published | Q(upload__completes=upload)).order_by("-pk").first()
        or current_version()
    )


def _activity(connection: duckdb.DuckDBPyConnection, first: date, last: date) -> dict[str, Any]:
    """Orders a day; a month where there are too many days for a picture."""
    is_daily = (last - first).days <= MOST_DAYS
    build = description.daily_orders_sql if is_daily else description.monthly_orders_sql
    rows = connection.execute(build("orders")).fetchall()
    return {"unit": "day" if is_daily else "month", "rows": [[day.isoformat(), count] for day, count in rows]}


def _gaps(connection: duckdb.DuckDBPyConnection, first: date, last: date) -> dict[str, Any]:
    """Days without sales from the line before this file's first to its last: what lies between two files shows too."""
    open_days = [row[0] for row in connection.execute(description.open_days_sql("lines")).fetchall()]
    before = max((day for day in open_days if day < first), default=first)
    country = connection.execute(description.countries_sql("lines", limit=1)).fetchone()
    code = country_code(country[0]) if country and country[0] else None
    holidays = public_holidays(code, before, last) if code else {}
    found = find_gaps(open_days, first=before, last=last, explained=holidays)
    return {
        "days": sum(len(gap.days) for gap in found),
        "found": [_gap(gap) for gap in found[:NAMED_GAPS]],
        "country": code or "",
    }


def _gap(gap: Gap) -> dict[str, Any]:
    return {"first": gap.first_on.isoformat(), "last": gap.last_on.isoformat(), "days": len(gap.days)}


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    (row,) = _all(connection, query)
    return row


def _all(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    found = connection.execute(query)
    names = [column[0] for column in found.description or []]
    return [{name: _json(value) for name, value in zip(names, row, strict=True)} for row in found.fetchall()]


def _json(value: Any) -> Any:
    """Exact decimals travel as text."""
    return format(value, "f") if hasattr(value, "as_tuple") else value
