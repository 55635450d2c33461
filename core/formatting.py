"""How quantities read on a page: plain sentences' worth of text, always with a unit."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Quantity: TypeAlias = Decimal | int | float

MISSING = "–"
# From here on, rounded to two digits, a number is 1.00; half to even, as the format does.
NEARLY_ONE = Decimal("0.995")
SCALES = ((Decimal(10**9), "bn"), (Decimal(10**6), "M"), (Decimal(10**3), "k"))


def money_text(value: Quantity | None, currency: str) -> str:
    """An amount to the cent with its currency: 8,911,407.90 GBP."""
    exact = _exact(value)
    return MISSING if exact is None else f"{exact:,.2f} {currency}".strip()


def compact_money_text(value: Quantity | None, currency: str) -> str:
    """An amount short enough for a headline: 8.91 M GBP."""
    exact = _exact(value)
    if exact is None:
        return MISSING
    for scale, letter in SCALES:
        # Compared after rounding, so that 999,999.99 becomes 1.00 M and not 1,000.00 k.
        if abs(exact / scale) >= NEARLY_ONE:
            return f"{exact / scale:.2f} {letter} {currency}".strip()
    return money_text(exact, currency)


def share_text(value: Quantity | None, digits: int = 1) -> str:
    """A share from 0 to 1 as a percentage: 61.3 %."""
    exact = _exact(value)
    return MISSING if exact is None else f"{float(exact) * 100:,.{digits}f} %"


def number_text(value: Quantity | None, digits: int | None = None) -> str:
    """A count or measure with thousands marked; without `digits`, at most two decimals and no idle zeros."""
    exact = _exact(value)
    if exact is None:
        return MISSING
    if digits is not None:
        return f"{exact:,.{digits}f}"
    text = f"{exact:,.2f}"
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


def _exact(value: Quantity | None) -> Decimal | None:
    """None for what is no number that can be written down, as for what is missing."""
    if value is None:
        return None
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    return exact if exact.is_finite() else None
