"""Everything that the product knows of one customer, put together from all apps for page, command and API."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from anomalies.selectors import QueueRow, anomalies_of
from core.money import plain
from crm import ledger, selectors
from crm.models import Customer
from crm.views.customer_contact import contact_data, visits_data
from crm.views.customer_habits import habits_data
from crm.views.customer_outlook import intervals_data, outlook_data
from loyalty.affinity_store import Suggestion, suggestions_of
from loyalty.selectors.profile import MembershipStory, membership_of
from segmentation.explaining import Explanation, explanation_of
from segmentation.models import Score, Snapshot
from segmentation.outlook import Outlook, outlook_of
from segmentation.selectors import current_snapshot, scores
from segmentation.wording import value_reason_text

# The figures of a score as the glossary names them; missing ones are null.
FIGURES = (
    *("frequency", "recency", "T", "monetary_value", "days_since_last_purchase", "order_count", "revenue"),
    *("p_alive", "expected_purchases", "clv"),
)
MORE_FIGURES = (
    *("gross_revenue", "returned_value", "revenue_12m", "orders_12m", "average_order_value", "items"),
    *("distinct_items", "return_rate", "clv_12m", "first_purchase_on", "latest_purchase_on", "country"),
)


@dataclass(frozen=True)
class Profile:
    """A customer in one snapshot; `score` and `outlook` are None for somebody who bought nothing by its day."""

    customer: Customer
    snapshot: Snapshot | None
    score: Score | None
    membership: MembershipStory
    anomalies: list[QueueRow]
    contact: selectors.Contact | None
    outlook: Outlook | None = None
    explanation: Explanation | None = None

    @property
    def segment(self) -> str:
        """The segment's name as of the snapshot."""
        entries = self.snapshot.segments if self.snapshot and self.score else []
        names = {entry["segment"]: entry["name"] for entry in entries}
        return str(names.get(self.score.segment_id, "")) if self.score else ""

    @property
    def missing(self) -> str:
        """What is missing and why, in a sentence; "" when nothing is."""
        if self.snapshot is None:
            return "No results have been computed yet: figures appear about a minute after the first file is published."
        if self.score is None:
            day = f"{self.snapshot.as_of:%-d %B %Y}"
            who = "This customer stands in a file of customers but" if self.contact else "This customer"
            why = f"bought nothing by {day}, the day of the results, so there are no figures"
            return f"{who} {why}; they come with the first purchase."
        return ""


def customer_profile(customer: Customer) -> Profile:
    """A bounded number of queries; the ledger is not read."""
    snapshot = current_snapshot()
    score = scores(snapshot).filter(pk=customer.pk).first()
    return Profile(
        customer=customer,
        snapshot=snapshot,
        score=score,
        outlook=outlook_of(snapshot, customer.pk) if snapshot and score else None,
        explanation=explanation_of(snapshot, score) if snapshot and score else None,
        membership=membership_of(customer, snapshot=snapshot),
        anomalies=anomalies_of(customer),
        contact=selectors.contact_of(customer),
    )


def profile_data(customer: Customer, *, orders: int | None = None) -> dict[str, Any]:
    """What `manage.py profile` prints and the API answers; `orders` limits how many, newest first."""
    profile = customer_profile(customer)
    version = selectors.current_version()
    found = ledger.customer_orders(version, customer.pk, limit=orders)
    return {
        "customer_id": customer.external_id,
        "contact": contact_data(profile.contact),
        "snapshot": profile.snapshot and profile.snapshot.pk,
        "as_of": profile.snapshot and profile.snapshot.as_of.isoformat(),
        "horizon_days": profile.snapshot and profile.snapshot.horizon_days,
        **score_data(profile.score),
        "value_reason": str(value_reason_text(profile.score.value_reason)) if profile.score else "",
        "missing": profile.missing,
        "intervals": intervals_data(profile.outlook),
        "outlook": outlook_data(profile.outlook),
        "habits": habits_data(profile.outlook),
        "segment": profile.segment or None,
        "segment_explanation": vars(profile.explanation) if profile.explanation else None,
        "suggestions": [suggestion_data(each) for each in suggestions_of(profile.snapshot, customer.pk)],
        "membership": membership_data(profile.membership),
        "anomalies": [anomaly_data(anomaly) for anomaly in profile.anomalies],
        "orders": [order_data(order) for order in found],
        "visits": visits_data(ledger.customer_visits(version, customer.pk)),
    }


def score_data(score: Score | None) -> dict[str, Any]:
    """A score's figures by their glossary names, decimals as text; all null without a score."""
    names = (*FIGURES, *MORE_FIGURES, "rfm_group", "tier")
    return {name: _json(getattr(score, name)) if score else None for name in names}


def membership_data(story: MembershipStory) -> dict[str, Any]:
    return {
        "is_member": story.is_member,
        "entered_on": _json(story.entered_on),
        "grace_until": _json(story.grace_until),
        "outlook": story.outlook,
        "reasons": story.sentences,
        "entry": [vars(margin) for margin in story.entry],
        "stay": [vars(margin) for margin in story.stay],
    }


def suggestion_data(found: Suggestion) -> dict[str, Any]:
    """A next item with its evidence; shares are of 1, `price` is a line's mean money as text."""
    return {
        "item_id": found.item_id,
        "name": found.name,
        "price": f"{found.price:.2f}",
        "because_of": {"item_id": found.because_id, "name": found.because},
        "bought": found.followed,
        "of": found.at_risk,
        "within_days": found.within,
        "share": found.share,
        "share_after_any_item": found.base,
        "reason": found.reason,
    }


def anomaly_data(anomaly: QueueRow) -> dict[str, Any]:
    return {
        "id": anomaly.pk,
        "kind": anomaly.kind,
        "status": anomaly.status,
        "severity": anomaly.severity,
        "summary": anomaly.summary,
        "occurred_on": _json(anomaly.occurred_on),
    }


def order_data(order: ledger.Order) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "ordered_at": timezone.localtime(order.ordered_at).isoformat(),
        "ordered_on": order.ordered_on.isoformat(),
        "amount": plain(order.amount),
        "quantity": _json(order.quantity),
        "lines": order.lines,
        "is_cancellation": order.is_cancellation,
    }


def line_data(line: dict[str, Any], customers: dict[int, str]) -> dict[str, Any]:
    """One ledger line as the API writes it; `customers` maps keys to outside ids."""
    names = ("order_id", "item_id", "description", "category", "brand", "quantity", "unit_price", "amount", "discount")
    flags = ("country", "currency", "company", "is_purchase", "is_cancellation", "is_merchandise", "attributes")
    return {
        "upload": line["upload_id"],
        "line": line["line_no"],
        "customer_id": customers.get(line["customer_key"]),
        "ordered_at": timezone.localtime(line["ordered_at"]).isoformat(),
        "ordered_on": line["ordered_on"].isoformat(),
        **{name: _json(line[name]) for name in (*names, *flags)},
        "returned_sale": sale_data(line.get("sale")),
    }


def sale_data(sale: ledger.Sale | None) -> dict[str, Any] | None:
    """The line that a return takes back."""
    if sale is None:
        return None
    moment = timezone.localtime(sale.ordered_at).isoformat()
    return {"upload": sale.upload, "line": sale.line, "order_id": sale.order_id, "ordered_at": moment}


def lines_data(lines: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines with the outside ids of their customers: one query for all of them."""
    found = list(lines)
    customers = selectors.external_ids({line["customer_key"] for line in found if line["customer_key"] is not None})
    return [line_data(line, customers) for line in found]


def _json(value: Any) -> Any:
    if hasattr(value, "as_tuple"):
        return plain(value)
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat()
    return value.isoformat() if hasattr(value, "isoformat") else value
