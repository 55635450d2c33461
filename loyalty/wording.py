"""What people call the values of tiers, groups and weekdays."""

from django.utils.translation import gettext_lazy as _

TIERS = {"platinum": _("platinum"), "gold": _("gold"), "silver": _("silver")}
RFM_GROUPS = {
    "loyal": _("loyal"),
    "potential_loyal": _("potential loyal"),
    "new": _("new"),
    "at_risk": _("at risk"),
    "dormant": _("dormant"),
    "lost": _("lost"),
}
WEEKDAYS = {
    "1": _("Monday"),
    "2": _("Tuesday"),
    "3": _("Wednesday"),
    "4": _("Thursday"),
    "5": _("Friday"),
    "6": _("Saturday"),
    "7": _("Sunday"),
}
