"""The first page's figures, each from rows that are there already: nothing is computed while somebody waits."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from anomalies.models import Verdict
from core import selectors
from core.charts import Chart, Series
from core.models import AuditEvent
from crm.models import Upload
from crm.selectors import has_real_data
from loyalty.models import Report
from loyalty.selectors.programme import ProgrammeSummary
from segmentation.models import Snapshot

MONTHS = 13
SILENCE = timedelta(minutes=3)


@dataclass(frozen=True)
class Step:
    """One thing to do on a new installation; whether it is done is read from the data."""

    title: str
    text: str
    url_name: str
    capability: str
    is_done: bool


@dataclass(frozen=True)
class Money:
    """Revenue of the latest 30 complete days beside the 30 before, and what members are expected to bring."""

    revenue: Decimal | None
    before: Decimal | None
    first: date | None
    last: date | None
    expected: Decimal | None
    low: Decimal | None
    high: Decimal | None

    @property
    def change(self) -> float | None:
        """By which share revenue rose or fell; None where there is nothing to compare with."""
        if self.revenue is None or not self.before or self.before < 0:
            return None
        return float(self.revenue / self.before) - 1

    @property
    def change_size(self) -> float:
        return abs(self.change or 0)


def money(snapshot: Snapshot | None, report: Report | None) -> Money:
    recent: dict[str, str] = (snapshot.charts if snapshot else {}).get("recent_revenue", {})
    answer: dict[str, Any] = report.content["q5"] if report else {}
    low, high = answer.get("interval") or (None, None)
    return Money(
        revenue=_decimal(recent.get("revenue")),
        before=_decimal(recent.get("before")),
        first=date.fromisoformat(recent["first"]) if recent else None,
        last=date.fromisoformat(recent["last"]) if recent else None,
        expected=_decimal(answer.get("value")),
        low=_decimal(low),
        high=_decimal(high),
    )


def _decimal(text: Any) -> Decimal | None:
    return None if text is None else Decimal(str(text))


def revenue_chart(snapshot: Snapshot | None) -> Chart | None:
    """Net revenue by month, the latest thirteen; the last one may not have ended."""
    months = (snapshot.charts.get("monthly_revenue", []) if snapshot else [])[-MONTHS:]
    if snapshot is None or len(months) < 2:
        return None
    day = date_format(snapshot.as_of, "j F Y")
    return Chart(
        "revenue",
        _("Revenue by month"),
        "bar",
        [Series(_("Revenue"), [Decimal(month["revenue"]) for month in months])],
        x=[date_format(date.fromisoformat(month["month"]), "M Y") for month in months],
        x_label=_("Month"),
        unit=settings.REPORTING_CURRENCY,
        digits=2,
        summary=_("Net of returns, guests included; the last month counts until %(day)s.") % {"day": day},
    )


def freshness(snapshot: Snapshot | None) -> dict[str, Any]:
    """How new everything is, and whether somebody is there to make it newer."""
    published = Upload.objects.filter(state=Upload.State.PUBLISHED)
    latest = published.order_by("-published_at").first()
    heard_at = selectors.beat_at("worker")
    return {
        "latest_line": published.order_by("-last_at").values_list("last_at", flat=True).first(),
        "upload": latest,
        "heard_at": heard_at,
        "is_worker_alive": heard_at is not None and timezone.now() - heard_at < SILENCE,
    }


def checklist(snapshot: Snapshot | None, programme: ProgrammeSummary) -> list[Step]:
    """The first steps, in the order in which they make sense."""
    is_ruled = programme.rules is not None and programme.rules.created_by_id is not None
    colleagues = AuditEvent.objects.filter(action="user.created", actor_key__startswith="user:")
    return [
        Step(
            _("Upload your own file"),
            _("The order export of your shop or till, as CSV. You see what will happen before it happens."),
            "crm:upload-list",
            "uploads.add",
            has_real_data(),
        ),
        Step(
            _("Look at your customers"),
            _("Values, segments and tiers appear about a minute after the first file."),
            "crm:customer-list",
            "view",
            snapshot is not None,
        ),
        Step(
            _("Set the programme's rules"),
            _("Rules are proposed from your best customers; make them your own."),
            "loyalty:rules",
            "programme.propose",
            is_ruled,
        ),
        Step(
            _("Give a first verdict"),
            _("Say of an anomaly whether it is real; it leaves the queue, and your word is kept."),
            "anomalies:queue",
            "anomalies.triage",
            Verdict.objects.exists(),
        ),
        Step(
            _("Create accounts for colleagues"),
            _("Each person signs in with a role of their own."),
            "core:settings",
            "team.manage",
            colleagues.exists(),
        ),
    ]
