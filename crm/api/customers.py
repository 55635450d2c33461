"""Customers and transactions by script, read-only."""

from datetime import date
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from core.pagination import page_answer
from core.permissions import ApiPermission
from core.problems import Problem
from crm import ledger, selectors
from crm.api import shapes
from crm.api.uploads import asked_size, line_answer, read_line_cursor
from crm.models import Customer
from crm.views import customer_search
from crm.views.customer_profile import lines_data, order_data, profile_data, score_data
from crm.views.customer_search import ORDERINGS, read_filter
from crm.views.customers import ALL_LINES, edge_text, read_edge
from crm.views.line_search import BadFilter, read_line_filter
from segmentation.models import Score, Snapshot
from segmentation.selectors import current_snapshot

NEWEST_ORDERS = 20
NAMED = {"snapshot": serializers.IntegerField(allow_null=True), "as_of": serializers.DateField(allow_null=True)}


class Customers(APIView):
    """Customers of the current results, most valuable first unless asked otherwise."""

    permission_classes = [ApiPermission]

    @extend_schema(
        operation_id="customers_list",
        parameters=[
            shapes.parameter("search", "Beginning of the id, name or e-mail address; capitals do not matter."),
            shapes.parameter("segment", "Id of a segment.", int),
            shapes.parameter("tier", "platinum, gold or silver."),
            shapes.parameter("rfm_group", "loyal, potential_loyal, new, at_risk, dormant or lost."),
            shapes.parameter("member", "true: members of the Insiders; false: all others.", bool),
            shapes.parameter("ordering", "Column to sort by, with - from the highest.", enum=sorted(ORDERINGS)),
            shapes.CURSOR,
            shapes.PAGE_SIZE,
        ],
        responses=shapes.page_of(shapes.CustomerRow, "CustomerPage", **NAMED),
    )
    def get(self, request: Request) -> Response:
        if wrong := customer_search.senseless(request.query_params):
            names = ", ".join(wrong)
            raise Problem("bad_filter", f"No customer can be looked for like this: correct {names}.")
        snapshot = current_snapshot()
        wanted = read_filter(request.query_params)
        cursor = request.query_params.get("cursor", "")
        page = customer_search.customer_page(snapshot, wanted, cursor=cursor, size=asked_size(request))
        rows = _rows(snapshot, page.rows)
        return Response({**_named(snapshot), **page_answer(request, page, rows)})


def _named(snapshot: Snapshot | None) -> dict[str, Any]:
    """An answer speaks of one snapshot, and names it."""
    return {"snapshot": snapshot and snapshot.pk, "as_of": snapshot and snapshot.as_of.isoformat()}


def _rows(snapshot: Snapshot | None, found: list[Score]) -> list[dict[str, Any]]:
    segments = {entry["segment"]: entry["name"] for entry in snapshot.segments} if snapshot else {}
    members = customer_search.members_among(found)
    names = selectors.names_of({score.pk for score in found})
    return [
        {
            "customer_id": score.customer.external_id,
            "name": names.get(score.pk),
            **score_data(score),
            "segment": segments.get(score.segment_id),
            "is_member": score.pk in members,
        }
        for score in found
    ]


class CustomerDetail(APIView):
    """What `manage.py profile` prints, with the newest 20 orders."""

    permission_classes = [ApiPermission]

    @extend_schema(parameters=[shapes.CUSTOMER_ID], responses=shapes.ProfileRow)
    def get(self, request: Request, customer_id: str) -> Response:
        return Response(profile_data(_find(customer_id), orders=NEWEST_ORDERS))


class CustomerHistory(APIView):
    """A customer's orders with their lines, newest first."""

    permission_classes = [ApiPermission]

    @extend_schema(
        parameters=[shapes.CUSTOMER_ID, shapes.CURSOR, shapes.PAGE_SIZE],
        responses=shapes.page_of(shapes.OrderWithLines, "HistoryPage"),
    )
    def get(self, request: Request, customer_id: str) -> Response:
        history = ledger.customer_history(
            selectors.current_version(),
            _find(customer_id).pk,
            before=read_edge(request.query_params.get("cursor", "")),
            orders=asked_size(request, NEWEST_ORDERS),
            lines=ALL_LINES,
        )
        here, cursor = request.build_absolute_uri(), edge_text(history.next)
        following = replace_query_param(here, "cursor", cursor) if cursor else None
        orders = [{**order_data(order), "items": lines_data(order.shown)} for order in history.orders]
        return Response({"next": following, "previous": None, "results": orders})


def _find(customer_id: str) -> Customer:
    customer = selectors.customer_of(customer_id)
    if customer is None:
        raise Http404
    return customer


class Transactions(APIView):
    """The lines that count, by upload and line number; guests' lines have no customer.

    With `customer_id` or `order_id`, a return names the sale that it takes back, where one was found.
    """

    permission_classes = [ApiPermission]

    @extend_schema(
        operation_id="transactions_list",
        parameters=[
            shapes.parameter("customer_id", "Exactly this customer."),
            shapes.parameter("order_id", "Exactly this order number."),
            shapes.parameter("item_id", "Exactly this item code."),
            shapes.parameter("country", "Exactly this country, as the file writes it."),
            shapes.parameter("upload", "Lines of this upload alone.", int),
            shapes.parameter("returns", "true: returns and cancellations only; false: all others.", bool),
            shapes.parameter("from", "First day, such as 2011-11-01.", date),
            shapes.parameter("to", "Last day, included.", date),
            shapes.CURSOR,
            shapes.PAGE_SIZE,
        ],
        responses=shapes.page_of(shapes.LineRow, "TransactionPage"),
    )
    def get(self, request: Request) -> Response:
        chosen, size = _line_filter(request), asked_size(request)
        if chosen is None:
            return Response({"next": None, "previous": None, "results": []})
        after = read_line_cursor(request.query_params.get("cursor", ""))
        version = selectors.current_version()
        lines = ledger.line_page(version, chosen, after=after, limit=size + 1)
        links = ledger.return_links(version, chosen)
        return Response(line_answer(request, ledger.with_sales(lines, links), size))


def _line_filter(request: Request) -> ledger.LineFilter | None:
    """The filter of the query; None when it names a customer that there is not."""
    try:
        return read_line_filter(request.query_params)
    except BadFilter as error:
        code = "bad_date" if error.name in {"from", "to"} else "bad_filter"
        raise Problem(code, str(error)) from error
