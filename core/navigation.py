"""The places of the product, in the order in which a marketer's day meets them."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Place(NamedTuple):
    """One entry of the sidebar; an empty capability means that everyone who is signed in may go there."""

    label: str | Promise
    url_name: str
    icon: str
    capability: str = ""


NAVIGATION: tuple[Place, ...] = (
    Place(_("Today"), "core:today", "home", "view"),
    Place(_("Customers"), "crm:customer-list", "users", "view"),
    Place(_("Segments"), "segmentation:segment-list", "chart-donut", "view"),
    Place(_("Insiders"), "loyalty:insiders", "crown", "view"),
    Place(_("Anomalies"), "anomalies:queue", "alert-triangle", "view"),
    Place(_("Uploads"), "crm:upload-list", "file-upload", "view"),
    Place(_("Transactions"), "crm:transaction-list", "list-details", "view"),
    Place(_("Report"), "loyalty:report", "report-analytics", "view"),
    Place(_("Models"), "segmentation:model-list", "adjustments", "view"),
    Place(_("Settings"), "core:settings", "settings", "view"),
)
