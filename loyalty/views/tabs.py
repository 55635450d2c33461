"""The programme's tabs."""

from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from core.ui import Tab
from loyalty.models import Programme


def programme_tabs(current: str, *, waiting: bool = False, programme: Programme | None = None) -> list[Tab]:
    """Links to the pages of a programme; without one, of the first."""
    places = (
        ("members", _("Members"), "loyalty:insiders"),
        ("rules", _("Rules"), "loyalty:rules"),
        ("reviews", _("Reviews"), "loyalty:review-list"),
        ("experiments", _("Experiments"), "loyalty:experiment-list"),
        ("actions", _("Actions"), "loyalty:actions"),
        ("texts", _("Texts"), "loyalty:message-texts"),
        ("settings", _("Settings"), "loyalty:programme-settings"),
    )
    counts = {"reviews": 1 if waiting else None}
    query = "" if programme is None else f"?{urlencode({'programme': programme.pk})}"
    return [
        Tab(label, f"{reverse(name)}{query}", is_current=key == current, count=counts.get(key))
        for key, label, name in places
    ]
