"""What the fencing token protects from: processes started with this folder on PYTHONPATH do not look at it.

For positive controls only. Python imports a module of this name by itself when it starts.
"""

from typing import Any

from django.apps.registry import Apps

populate = Apps.populate


def populate_and_forget(apps: Apps, installed_apps: Any = None) -> None:
    populate(apps, installed_apps)
    if installed_apps:
        from core.models import Run
        from core.runs import Lease

        Lease._mine = lambda lease: Run.objects.filter(pk=lease.run.pk)  # type: ignore[assignment, method-assign]


Apps.populate = populate_and_forget  # type: ignore[assignment, method-assign]
