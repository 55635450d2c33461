"""Records of customers that nothing will ever show."""

from django.db import transaction
from django.db.models import Q

from crm.models import CustomerRecord, Upload

BATCH = 5_000


def clear_stray_records() -> int:
    """Delete what a killed import left, and what a file said that was read as something else since.

    An import that is under way keeps its own, and so does a file that was taken back: it may come back.
    """
    is_failed = Q(upload__state=Upload.State.FAILED)
    is_idle = Q(upload__latest_run__isnull=True) | Q(upload__latest_run__finished_at__isnull=False)
    strays = CustomerRecord.objects.filter(is_idle & (is_failed | ~Q(upload__kind="customers")))
    cleared = 0
    while some := list(strays.values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            cleared += CustomerRecord.objects.filter(pk__in=some).delete()[0]
    return cleared
