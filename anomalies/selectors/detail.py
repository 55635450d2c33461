"""One anomaly with everything that explains it, ready for its page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from anomalies.models import Anomaly, AnomalyEvent, Scan, Verdict
from anomalies.selectors.queue import VERDICT_TONES, QueueRow, queue_row, with_row_parts
from anomalies.wording import days_count_text, feature_label, feature_value, times_text
from core.charts import Band, Chart, Series
from core.formatting import money_text, number_text
from core.ui import Definition, Happening
from crm.models import Upload

EVENT_ICONS = {
    AnomalyEvent.Kind.ASSIGNED: "user-plus",
    AnomalyEvent.Kind.UNASSIGNED: "user-minus",
    AnomalyEvent.Kind.REOPENED: "arrow-back-up",
    AnomalyEvent.Kind.WORSE: "trending-up",
    AnomalyEvent.Kind.GONE: "circle-minus",
    AnomalyEvent.Kind.FOUND_AGAIN: "search",
}


@dataclass(frozen=True)
class FigureRow:
    """One figure against what is usual, as text."""

    label: str
    value: str
    typical: str
    times: str
    is_reason: bool


@dataclass(frozen=True)
class AnomalyDetail:
    """`figures` say why, `chart` shows it, `facts` say how it was found; `uploads` brought the lines."""

    row: QueueRow
    scan: Scan
    explanation: str
    figures_title: str
    typical_title: str
    figures: list[FigureRow]
    chart: Chart | None
    facts: list[Definition]
    uploads: list[Upload]
    history: list[Happening]


def anomaly_of(pk: int) -> Anomaly | None:
    """The anomaly with what its row shows; None when there is none."""
    return with_row_parts(Anomaly.objects.select_related("latest_scan__snapshot")).filter(pk=pk).first()


def anomaly_detail(anomaly: Anomaly) -> AnomalyDetail:
    """Everything that the page shows of an anomaly from `anomaly_of`."""
    is_customer = anomaly.kind == Anomaly.Kind.CUSTOMER
    return AnomalyDetail(
        row=queue_row(anomaly),
        scan=anomaly.latest_scan,
        explanation=_explanation(anomaly),
        figures_title=_("This customer") if is_customer else _("This day"),
        typical_title=_("Typical customer") if is_customer else _("Usual for the weekday"),
        figures=_figures(anomaly),
        chart=_chart(anomaly),
        facts=_facts(anomaly),
        uploads=list(Upload.objects.filter(pk__in=anomaly.evidence.get("uploads", [])).order_by("pk")),
        history=_history(anomaly),
    )


def _figures(anomaly: Anomaly) -> list[FigureRow]:
    """The reasons first, then the rest of what was looked at."""
    named = {reason["feature"] for reason in anomaly.reasons}
    rest = [figure for figure in anomaly.evidence.get("figures", []) if figure["feature"] not in named]
    return [_figure(each, True) for each in anomaly.reasons] + [_figure(each, False) for each in rest]


def _figure(figure: dict[str, Any], is_reason: bool) -> FigureRow:
    feature, value, typical = figure["feature"], figure["value"], figure["typical"]
    times = figure.get("times")
    if times is None and typical and typical > 0 and value >= 0:
        times = value / typical
    return FigureRow(
        label=feature_label(feature),
        value=feature_value(feature, value),
        typical=feature_value(feature, typical),
        times=times_text(times),
        is_reason=is_reason,
    )


def _explanation(anomaly: Anomaly) -> str:
    if anomaly.kind == Anomaly.Kind.CUSTOMER:
        return _(
            "This combination of figures is easy to tell from all other customers (isolation forest). The figures "
            "that stand out most are listed first."
        )
    if anomaly.kind == Anomaly.Kind.METRIC:
        return _day_explanation(anomaly)
    return _(
        "The shop trades on this weekday as a rule, and no public holiday explains the gap. If it was closed, say "
        "“Expected”: the day is then left out of every comparison. If lines are missing, upload the file."
    )


def _day_explanation(anomaly: Anomaly) -> str:
    band = _("The day lies outside the range that its weekday, the trend and the usual spread lead one to expect.")
    if not anomaly.reasons:
        return f"{band} {_('Orders, buyers and returns were much as usual, so look at the size of single orders.')}"
    first = anomaly.reasons[0]
    values = {
        "label": feature_label(first["feature"]).lower(),
        "value": feature_value(first["feature"], first["value"]),
        "typical": feature_value(first["feature"], first["typical"]),
    }
    cause = _("Most unlike the same weekday elsewhere: %(label)s of %(value)s instead of %(typical)s.") % values
    return f"{band} {cause}"


def _facts(anomaly: Anomaly) -> list[Definition]:
    evidence = anomaly.evidence
    facts = [
        Definition(_("Severity"), _("%(points)s of 100") % {"points": round(anomaly.severity)}),
        Definition(_("Money at stake"), money_text(anomaly.money, settings.REPORTING_CURRENCY), _stake(anomaly)),
    ]
    if anomaly.kind == Anomaly.Kind.METRIC:
        facts.append(Definition(_("Expected"), _range(evidence), _("Range of an ordinary day")))
    if anomaly.kind == Anomaly.Kind.DATA:
        facts.append(Definition(_("Days in question"), days_count_text(len(evidence["days"]))))
    score, limit = number_text(anomaly.anomaly_score), number_text(anomaly.threshold)
    if anomaly.kind != Anomaly.Kind.DATA:
        facts.append(Definition(_("Anomaly score"), score, _("Flagged above %(limit)s") % {"limit": limit}))
    return facts


def _stake(anomaly: Anomaly) -> str:
    if anomaly.kind == Anomaly.Kind.CUSTOMER:
        is_returned = anomaly.evidence.get("stake") == "returned_value"
        return _("Returned by this customer") if is_returned else _("Revenue in the last 12 months")
    return _("Distance from what was expected") if anomaly.kind == Anomaly.Kind.METRIC else _("Usual for such days")


def _range(evidence: dict[str, Any]) -> str:
    currency = settings.REPORTING_CURRENCY
    ends = {"low": number_text(evidence["lower"], 0), "high": number_text(evidence["upper"], 0), "unit": currency}
    return _("%(low)s to %(high)s %(unit)s") % ends


def _chart(anomaly: Anomaly) -> Chart | None:
    if anomaly.evidence.get("months"):
        return _months_chart(anomaly.evidence["months"])
    if anomaly.evidence.get("series"):
        return _days_chart(anomaly)
    return None


def _months_chart(months: Sequence[dict[str, Any]]) -> Chart:
    labels = [date_format(date.fromisoformat(month["month"]), "M Y") for month in months]
    returned = [-float(month["returned_value"]) for month in months]
    return Chart(
        "evidence",
        _("Purchases and returns by month"),
        "bar",
        [
            Series(_("Purchases"), [float(month["gross_revenue"]) for month in months]),
            Series(_("Returns"), returned),
        ],
        x=labels,
        x_label=_("Month"),
        unit=settings.REPORTING_CURRENCY,
        digits=2,
        is_stacked=True,
        summary=_("Only months in which this customer bought or returned something."),
    )


def _days_chart(anomaly: Anomaly) -> Chart:
    series = anomaly.evidence["series"]
    flagged = set(anomaly.evidence.get("days") or [anomaly.occurred_on.isoformat() if anomaly.occurred_on else ""])
    marks = [_mark(point) if point["day"] in flagged else None for point in series]
    is_gap = anomaly.kind == Anomaly.Kind.DATA
    return Chart(
        "evidence",
        _("Revenue by day"),
        "line",
        [
            Series(_("Revenue"), [point["actual"] for point in series]),
            Series(_("Expected"), [point["expected"] for point in series], is_dashed=True),
            Series(_("No sales") if is_gap else _("Unusual day"), marks, kind="scatter"),
        ],
        x=[date.fromisoformat(point["day"]) for point in series],
        x_label=_("Day"),
        unit=settings.REPORTING_CURRENCY,
        digits=0,
        band=Band(_("Usual range"), [point["lower"] for point in series], [point["upper"] for point in series]),
        summary=_("Four weeks before and after. Days without sales leave a gap."),
    )


def _mark(point: dict[str, Any]) -> float:
    return float(point["actual"] or 0)


def _history(anomaly: Anomaly) -> list[Happening]:
    """Everything that happened to it, newest first."""
    events = anomaly.events.select_related("by", "assignee")
    happenings = [*map(_said, anomaly.verdicts.all()), *map(_happened, events)]
    happenings.append(Happening(anomaly.created_at, _("Found"), icon="search", tone="info"))
    return sorted(happenings, key=lambda each: each.at, reverse=True)


def _said(verdict: Verdict) -> Happening:
    title = verdict.get_verdict_display()
    return Happening(
        verdict.at, _with_name(title, verdict.by), verdict.comment, "message", VERDICT_TONES[verdict.verdict]
    )


def _happened(event: AnomalyEvent) -> Happening:
    title = event.get_kind_display()
    if event.kind == AnomalyEvent.Kind.ASSIGNED and event.assignee:
        title = _("Assigned to %(name)s") % {"name": event.assignee}
    return Happening(event.at, _with_name(title, event.by), "", EVENT_ICONS[AnomalyEvent.Kind(event.kind)])


def _with_name(title: str, person: Any) -> str:
    return _("%(what)s, by %(name)s") % {"what": title, "name": person} if person else title
