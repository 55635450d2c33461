"""The columns that a members list can be exported with: what each is called, and what stands in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.ui import Text
from loyalty.selectors.members import Member
from segmentation.models import Snapshot


@dataclass(frozen=True)
class Context:
    """What is the same for every row."""

    snapshot: Snapshot | None
    message: Callable[[Member], str]


@dataclass(frozen=True)
class ExportColumn:
    label: Text
    value: Callable[[Member, Context], Any]


def _figure(name: str) -> Callable[[Member, Context], Any]:
    return lambda member, _context: member.figures.get(name)


COLUMNS: dict[str, ExportColumn] = {
    "customer_id": ExportColumn(_("Customer"), lambda member, _context: member.external_id),
    "member_since": ExportColumn(_("Member since"), lambda member, _context: member.entered_on),
    "warned_until": ExportColumn(_("Warned until"), lambda member, _context: member.grace_until),
    "revenue": ExportColumn(_("Revenue since the first purchase"), _figure("revenue")),
    "revenue_12m": ExportColumn(_("Revenue in the last 12 months"), _figure("revenue_12m")),
    "orders_12m": ExportColumn(_("Orders in the last 12 months"), _figure("orders_12m")),
    "order_count": ExportColumn(_("Orders since the first purchase"), _figure("order_count")),
    "days_since_last_purchase": ExportColumn(_("Days since the last purchase"), _figure("days_since_last_purchase")),
    "tier": ExportColumn(_("Tier"), _figure("tier")),
    "rfm_group": ExportColumn(_("RFM group"), _figure("rfm_group")),
    "country": ExportColumn(_("Country"), _figure("country")),
    "reason": ExportColumn(_("Why"), lambda member, _context: member.reason),
    "as_of": ExportColumn(
        _("Day of the figures"), lambda _member, context: context.snapshot and context.snapshot.as_of
    ),
    "clv_12m": ExportColumn(_("Expected value over 12 months"), _figure("clv_12m")),
    "p_alive": ExportColumn(_("Probability of still being a customer"), _figure("p_alive")),
    "pinned": ExportColumn(_("Pinned"), lambda member, _context: member.pin),
    "notes": ExportColumn(_("Number of notes"), lambda member, _context: member.notes),
    "message": ExportColumn(_("Message text"), lambda member, context: context.message(member)),
}
DEFAULT = (
    *("customer_id", "member_since", "warned_until", "revenue", "revenue_12m", "orders_12m", "order_count"),
    *("days_since_last_purchase", "tier", "rfm_group", "country", "reason", "as_of"),
)


def chosen(names: Sequence[str]) -> list[str]:
    """The known ones of these, in the order given, each once; the usual ones when none is known."""
    return [name for name in dict.fromkeys(names) if name in COLUMNS] or list(DEFAULT)
