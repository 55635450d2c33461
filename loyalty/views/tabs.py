"""The programme's own pages, as tabs."""

from django.urls import reverse
from django.utils.translation import gettext as _

from core.ui import Tab


def programme_tabs(current: str, *, waiting: bool = False) -> list[Tab]:
    places = (
        ("members", _("Members"), "loyalty:insiders"),
        ("rules", _("Rules"), "loyalty:rules"),
        ("reviews", _("Reviews"), "loyalty:review-list"),
    )
    counts = {"reviews": 1 if waiting else None}
    return [Tab(label, reverse(name), is_current=key == current, count=counts.get(key)) for key, label, name in places]
