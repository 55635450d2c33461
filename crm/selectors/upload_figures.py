"""What a published file's lines are like, ready for its result page: sentences and charts out of stored figures."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.charts import Chart, Series
from core.formatting import money_text, number_text, share_text
from core.models import Run
from core.ui import Definition
from crm.models import Upload, UploadFigures

MOST_ORDERS = 10
LONGEST_NAME = 22


def upload_figures(upload: Upload) -> dict[str, Any] | None:
    """The figures as their run left them; None until it has ended, and for files without lines that count.

    Those of an earlier publication, or of before a correction, would contradict what the upload says of itself.
    """
    found = UploadFigures.objects.filter(upload=upload)
    if upload.published_at:
        found = found.filter(computed_at__gte=upload.published_at)
    figures = found.values_list("figures", flat=True).first()
    return figures if figures and not is_being_described(upload) else None


def is_being_described(upload: Upload) -> bool:
    """Whether the run that makes the figures still waits or works."""
    return Run.objects.filter(kind="crm.describe", params__upload=upload.pk, state__in=Run.ACTIVE).exists()


def described(figures: dict[str, Any] | None) -> dict[str, Any]:
    """What the page shows of them."""
    if not figures:
        return {"figures": None}
    return {
        "figures": figures,
        "known_customers": figures["customers"] - figures["newcomers"],
        "gaps": _gaps(figures["gaps"]),
        "likeness": _likeness(figures),
        "charts": [
            _activity_chart(figures),
            _purchases_chart(figures),
            *_rankings(figures),
        ],
    }


def _gaps(gaps: dict[str, Any]) -> dict[str, Any]:
    """The gaps in words, each with its days."""
    return {"days": gaps["days"], "found": [_gap_text(gap) for gap in gaps["found"]], "has_holidays": gaps["country"]}


def _gap_text(gap: dict[str, Any]) -> str:
    first, last = date.fromisoformat(gap["first"]), date.fromisoformat(gap["last"])
    if first == last:
        return date_format(first, "l j F Y")
    days = ngettext("%(count)s usual day", "%(count)s usual days", gap["days"]) % {"count": number_text(gap["days"])}
    return f"{date_format(first, 'j F Y')} – {date_format(last, 'j F Y')} ({days})"


def _likeness(figures: dict[str, Any]) -> list[Definition]:
    """Shares and means, each with what it says."""
    repeat, baskets, returns = figures["repeat"], figures["baskets"], figures["returns"]
    customers = repeat["customers"]
    rows = [
        Definition(
            _("Customers with at least %(count)d purchases") % {"count": least},
            share_text(repeat[f"at_least_{least}"] / customers if customers else None),
            _("%(count)s customers") % {"count": number_text(repeat[f"at_least_{least}"])},
        )
        for least in (2, 5, MOST_ORDERS)
    ]
    rows += [
        Definition(_("Orders a customer"), _mean(baskets["mean_orders"]), _median(baskets["median_orders"])),
        Definition(_("Lines an order"), _mean(baskets["mean_lines"]), _median(baskets["median_lines"])),
        Definition(_("Pieces an order"), _mean(baskets["mean_pieces"]), _median(baskets["median_pieces"])),
        Definition(_("Value of an order"), _money(baskets["mean_value"]), _median_money(baskets["median_value"])),
        Definition(_("Transactions a day"), _mean(_per_day(figures)), _("On days with a sale")),
    ]
    gross = Decimal(returns["gross"])
    share = Decimal(returns["value"]) / gross if gross else None
    lines, orders = returns["lines"], returns["orders"]
    what = _("%(lines)s in %(orders)s, %(share)s of sales") % {
        "lines": ngettext("%(count)s line with a negative amount", "%(count)s lines with a negative amount", lines)
        % {"count": number_text(lines)},
        "orders": ngettext("%(count)s order", "%(count)s orders", orders) % {"count": number_text(orders)},
        "share": share_text(share),
    }
    return [*rows, Definition(_("Returns"), _money(returns["value"]), what)]


def _per_day(figures: dict[str, Any]) -> float | None:
    rows = [row for row in figures["activity"]["rows"] if row[1]]
    is_daily = figures["activity"]["unit"] == "day"
    return sum(row[1] for row in rows) / len(rows) if rows and is_daily else None


def _mean(value: float | None) -> str:
    return number_text(value, 1)


def _median(value: float | None) -> str:
    return _("half have at most %(value)s") % {"value": number_text(value, 0)} if value is not None else ""


def _money(value: Any) -> str:
    return money_text(Decimal(str(value)) if value is not None else None, settings.REPORTING_CURRENCY)


def _median_money(value: Any) -> str:
    return _("half are at most %(value)s") % {"value": _money(value)} if value is not None else ""


def _activity_chart(figures: dict[str, Any]) -> Chart:
    rows, is_daily = figures["activity"]["rows"], figures["activity"]["unit"] == "day"
    return Chart(
        "activity",
        _("Transactions a day") if is_daily else _("Transactions a month"),
        "line" if len(rows) > 1 else "bar",
        [Series(_("Orders"), [row[1] for row in rows])],
        x=[date.fromisoformat(row[0]) for row in rows],
        x_label=_("Day") if is_daily else _("Month"),
        unit=_("orders"),
        summary=_("Orders with a purchase; days without lines are left out."),
        digits=0,
    )


def _purchases_chart(figures: dict[str, Any]) -> Chart:
    counts = {row["purchases"]: row["customers"] for row in figures["purchase_counts"]}
    every = range(1, MOST_ORDERS + 1)
    return Chart(
        "purchases",
        _("Customers by number of purchases"),
        "bar",
        [Series(_("Customers"), [counts.get(number, 0) for number in every])],
        x=[f"{number}+" if number == MOST_ORDERS else str(number) for number in every],
        x_label=_("Purchases"),
        unit=_("customers"),
        summary=_("How many came once, and how many came back; guests can't be counted."),
        digits=0,
    )


def _rankings(figures: dict[str, Any]) -> list[Chart]:
    """Countries and items, where the file names any."""
    countries = [row for row in figures["countries"] if row["country"]]
    names = [row["country"] for row in countries]
    items = figures["items"]
    charts = [
        _ranking("countries", _("Countries"), _("Country"), names, countries, _("Most revenue first.")),
        _ranking("items", _("Top items"), _("Item"), list(map(_short, items)), items, _("Most revenue first, net.")),
    ]
    return [chart for chart in charts if chart.x]


def _short(row: dict[str, Any]) -> str:
    text = " · ".join(filter(None, [row["item_id"], row["description"]]))
    return text if len(text) <= LONGEST_NAME else f"{text[: LONGEST_NAME - 1]}…"


def _ranking(key: str, title: str, label: str, names: list[str], rows: list[dict[str, Any]], summary: str) -> Chart:
    return Chart(
        key,
        title,
        "bar",
        [Series(_("Revenue"), [Decimal(row["revenue"]) for row in rows])],
        x=names,
        x_label=label,
        unit=settings.REPORTING_CURRENCY,
        digits=2,
        is_horizontal=True,
        summary=summary,
    )
