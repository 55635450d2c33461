"""How quantities read on a page: plain sentences' worth of text, always with a unit."""

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeAlias

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Quantity: TypeAlias = Decimal | int | float

MISSING = "–"
CENT = Decimal("0.01")
SCALES = ((Decimal(10**9), "bn"), (Decimal(10**6), "M"), (Decimal(10**3), "k"))


def money_text(value: Quantity | None, currency: str) -> str:
    """An amount to the cent with its currency: 8,911,407.90 GBP."""
    if value is None:
        return MISSING
    return f"{_exact(value).quantize(CENT, ROUND_HALF_EVEN):,f} {currency}".strip()


def compact_money_text(value: Quantity | None, currency: str) -> str:
    """An amount short enough for a headline: 8.91 M GBP."""
    if value is None:
        return MISSING
    exact = _exact(value)
    for scale, letter in SCALES:
        # Compared after rounding, so that 999,999.99 becomes 1.00 M and not 1,000.00 k.
        if abs(exact / scale).quantize(CENT) >= 1:
            return f"{(exact / scale).quantize(CENT, ROUND_HALF_EVEN):f} {letter} {currency}".strip()
    return money_text(exact, currency)


def share_text(value: Quantity | None, digits: int = 1) -> str:
    """A share from 0 to 1 as a percentage: 61.3 %."""
    return MISSING if value is None else f"{float(value) * 100:,.{digits}f} %"


def number_text(value: Quantity | None, digits: int | None = None) -> str:
    """A count or measure with thousands marked; without `digits`, at most two decimals and no idle zeros."""
    if value is None:
        return MISSING
    if digits is not None:
        return f"{_exact(value):,.{digits}f}"
    text = f"{_exact(value):,.2f}"
    return text.rstrip("0").rstrip(".")


def days_text(value: Quantity | None) -> str:
    if value is None:
        return MISSING
    return ngettext("%(days)s day", "%(days)s days", 1 if value == 1 else 2) % {"days": number_text(value, None)}


def full_date_text(moment: date) -> str:
    """The exact day, and the minute and zone when the moment has them."""
    if not isinstance(moment, datetime):
        return date_format(moment, "j F Y")
    local = timezone.localtime(moment)
    return f"{date_format(local, 'j F Y, H:i')} {local.tzname() or ''}".strip()


def relative_text(moment: date, now: datetime) -> str:
    """How long ago, as far as that helps a reader; beyond a month the date says more."""
    if not isinstance(moment, datetime):
        return date_format(moment, "j M Y")
    gap = now - moment
    if abs(gap) < timedelta(minutes=1):
        return _("just now")
    if abs(gap) >= timedelta(days=31):
        return date_format(timezone.localtime(moment), "j M Y")
    span = _span_text(abs(gap))
    return _("%(span)s ago") % {"span": span} if gap > timedelta(0) else _("in %(span)s") % {"span": span}


def _span_text(gap: timedelta) -> str:
    minutes = int(gap.total_seconds() // 60)
    if minutes < 60:
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    if minutes < 24 * 60:
        hours = minutes // 60
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d day", "%(count)d days", gap.days) % {"count": gap.days}


def _exact(value: Quantity) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))
