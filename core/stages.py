"""What the numbers of a stage count, for whoever watches a job."""

from django.utils.translation import gettext_lazy as _

# Most stages measure bytes, or parts that nobody knows by name: of those only the share says something.
UNITS = {
    "Reading and checking the lines": _("lines"),
    "Finding the customers": _("lines"),
    "Writing the ledger": _("lines"),
    "Writing the customers": _("rows"),
    "Loading scores": _("customers"),
    "Reading stored files": _("files"),
}
