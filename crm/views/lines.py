"""Lines as the ledger holds them: all that count, and those of one file."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from core.permissions import require
from core.ui import Column
from crm import ledger, selectors
from crm.models import Upload
from crm.views.line_search import BadFilter, LineForm, read_line_filter
from crm.views.upload_rows import rows_of

PAGE_SIZE = 50
COLUMNS = (
    Column(gettext_lazy("When")),
    Column(gettext_lazy("Order")),
    Column(gettext_lazy("Customer")),
    Column(gettext_lazy("Item")),
    Column(gettext_lazy("Quantity"), is_numeric=True),
    Column(gettext_lazy("Unit price"), is_numeric=True),
    Column(gettext_lazy("Amount"), is_numeric=True),
    Column(gettext_lazy("Country")),
    Column(gettext_lazy("From"), hint=gettext_lazy("The file, and the number of the data line in it")),
)


@require_safe
@require("view")
def transaction_list(request: HttpRequest) -> HttpResponse:
    """All lines that count and fit the filter, newest first."""
    form = LineForm(request.GET)
    chosen = _chosen(request) if form.is_valid() else None
    lines = _newest(request, chosen) if chosen else []
    page = lines[:PAGE_SIZE]
    context = {
        "title": _("Transactions"),
        "form": form,
        "columns": COLUMNS,
        "lines": _shown(page, chosen),
        "next": _address(request, edge_text(page[-1])) if len(lines) > PAGE_SIZE else None,
        "first": _address(request, "") if request.GET.get("cursor") else None,
        "is_filtered": chosen != ledger.LineFilter(),
        "has_lines": selectors.has_lines(),
        "exported": {name: value for name, value in request.GET.items() if name in form.fields and value},
    }
    return render(request, "crm/transaction_list.html", context)


@require_safe
@require("view")
def upload_lines(request: HttpRequest, pk: int) -> HttpResponse:
    """The lines of one file that count, in the file's order."""
    upload = get_object_or_404(selectors.uploads(), pk=pk)
    cursor = request.GET.get("cursor", "")
    after = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 19 else 0
    special = rows_of(upload)
    read = special.page if special else _lines_of
    lines = read(upload, after, PAGE_SIZE + 1)
    page = lines[:PAGE_SIZE]
    context = {
        "title": _("Lines of %(name)s") % {"name": upload.file_name},
        "upload": upload,
        "columns": special.columns if special else COLUMNS,
        "template": special.template if special else "crm/_lines.html",
        "lines": page if special else _shown(page, None),
        "next": _address(request, str(page[-1]["line_no"])) if len(lines) > PAGE_SIZE else None,
        "first": _address(request, "") if cursor else None,
    }
    return render(request, "crm/upload_lines.html", context)


def _lines_of(upload: Upload, after: int, limit: int) -> list[dict[str, Any]]:
    return ledger.upload_lines(selectors.current_version(), upload.pk, after=after, limit=limit)


def _chosen(request: HttpRequest) -> ledger.LineFilter | None:
    try:
        return read_line_filter(request.GET)
    except BadFilter:
        return None


def _newest(request: HttpRequest, chosen: ledger.LineFilter) -> list[dict[str, Any]]:
    before = read_edge(request.GET.get("cursor", ""))
    return ledger.newest_lines(selectors.current_version(), chosen, before=before, limit=PAGE_SIZE + 1)


def _shown(lines: list[dict[str, Any]], chosen: ledger.LineFilter | None) -> list[dict[str, Any]]:
    """The page's lines with the names of customers and files, and the sales behind returns."""
    names = selectors.external_ids({line["customer_key"] for line in lines if line["customer_key"] is not None})
    files = selectors.file_names({line["upload_id"] for line in lines})
    has_returns = chosen is not None and any(line["amount"] < 0 for line in lines)
    links = ledger.return_links(selectors.current_version(), chosen) if chosen and has_returns else {}
    return [
        {**line, "customer": names.get(line["customer_key"]), "file_name": files.get(line["upload_id"], "")}
        for line in ledger.with_sales(lines, links)
    ]


def edge_text(line: dict[str, Any]) -> str:
    return f"{line['ordered_at'].isoformat()}_{line['upload_id']}_{line['line_no']}"


def read_edge(text: str) -> tuple[datetime, int, int] | None:
    """Where the next page begins, from an address; what can't be read is the beginning."""
    moment, _first, rest = text.partition("_")
    upload, _second, line = rest.partition("_")
    try:
        at = parse_datetime(moment)
    except ValueError:
        return None
    is_whole = all(part.isascii() and part.isdigit() and len(part) < 19 for part in (upload, line))
    return (at, int(upload), int(line)) if at is not None and at.tzinfo is not None and is_whole else None


def _address(request: HttpRequest, cursor: str) -> str:
    query = request.GET.copy()
    query.pop("cursor", None)
    if cursor:
        query["cursor"] = cursor
    return f"?{query.urlencode()}"
