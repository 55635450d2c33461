"""The first page: what a marketer wants to know in the morning, and what to do first on a new installation.

It looks into every app through their selectors; views may.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from anomalies.selectors import queue_summary
from core import selectors
from core.permissions import acting_user, require
from core.views.today_figures import checklist, freshness, money, revenue_chart
from crm.selectors import storage_damage
from crm.selectors.inboxes import sources_problem
from crm.selectors.upload_list import waiting_uploads
from loyalty.selectors.programme import programme_summary
from loyalty.selectors.report import report_of
from segmentation.ahead import ahead_of_all
from segmentation.selectors import current_snapshot

HIGHEST = 3


@require_safe
@require("view")
def today(request: HttpRequest) -> HttpResponse:
    reader, snapshot = acting_user(request), current_snapshot()
    programme = programme_summary()
    report = report_of(programme.programme, snapshot)
    queue: dict[str, Any] = queue_summary(reader=reader)
    steps = checklist(snapshot, programme)
    context = {
        "title": _("Today"),
        "snapshot": snapshot,
        "steps": steps if not all(step.is_done for step in steps) else [],
        "done": sum(step.is_done for step in steps),
        "programme": programme,
        "money": money(snapshot, report),
        "chart": revenue_chart(snapshot),
        "ahead": ahead_of_all(snapshot),
        "queue": queue,
        "highest": queue["highest"][:HIGHEST],
        "freshness": freshness(snapshot),
        "waiting_files": waiting_uploads().count(),
        "source_problem": sources_problem(),
        "damage": storage_damage(),
        "runs": selectors.active_runs(limit=5),
    }
    return render(request, "core/today.html", context)
