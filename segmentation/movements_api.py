"""Movements between groups for scripts: of one segment, or of every group of a grouping."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.permissions import ApiPermission
from segmentation import comparing, movements, selectors
from segmentation.comparing import Flow
from segmentation.models import Segment, Snapshot
from segmentation.movements import Pair


class SideSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    as_of = serializers.DateField()


class TransitionSerializer(serializers.Serializer[Any]):
    source_group = serializers.JSONField(allow_null=True, help_text="The group before; null: not a customer yet.")
    source_name = serializers.CharField()
    target_group = serializers.JSONField(allow_null=True, help_text="The group after; null: no customer any more.")
    target_name = serializers.CharField()
    customers = serializers.IntegerField()
    revenue_before = serializers.DecimalField(38, 6, help_text="Net revenue up to the earlier day.")
    revenue_after = serializers.DecimalField(38, 6, help_text="Net revenue up to the later day.")
    expected_value_before = serializers.FloatField(help_text="clv_12m of the earlier results.")
    expected_value_after = serializers.FloatField(help_text="clv_12m of the later results.")


class TransitionsSerializer(serializers.Serializer[Any]):
    grouping = serializers.ChoiceField(choices=list(comparing.GROUPINGS))
    before = SideSerializer(allow_null=True)
    after = SideSerializer()
    reason = serializers.CharField(help_text="Why there are none; empty when there are.")
    transitions = TransitionSerializer(many=True)


FROM = OpenApiParameter("from", int, description="The earlier snapshot; by default the one before the later.")
TO = OpenApiParameter("to", int, description="The later snapshot; by default the current one.")
GROUPING = OpenApiParameter("grouping", str, enum=list(comparing.GROUPINGS), description="By default segment.")


class SegmentTransitions(APIView):
    """Who came into a segment, stayed and left between two snapshots, with their money."""

    permission_classes = [ApiPermission]

    @extend_schema(parameters=[FROM, TO], responses=TransitionsSerializer)
    def get(self, request: Request, pk: int) -> Response:
        if not Segment.objects.filter(pk=pk, summaries__isnull=False).exists():
            raise NotFound
        later = _named(request, "to") or selectors.current_snapshot()
        if later is None:
            raise NotFound
        return _answer(Pair(_earlier(request, later), later), "segment", group=pk)


class SnapshotTransitions(APIView):
    """Who moved from which group to which between an earlier snapshot and this one, with their money."""

    permission_classes = [ApiPermission]

    @extend_schema(parameters=[FROM, GROUPING], responses=TransitionsSerializer)
    def get(self, request: Request, pk: int) -> Response:
        later = selectors.published_snapshots().filter(pk=pk).first()
        if later is None:
            raise NotFound
        grouping = request.query_params.get("grouping", "segment")
        if grouping not in comparing.GROUPINGS:
            raise ValidationError({"grouping": f"Choose one of {', '.join(comparing.GROUPINGS)}."})
        return _answer(Pair(_earlier(request, later), later), grouping)


def _earlier(request: Request, later: Snapshot) -> Snapshot | None:
    return _named(request, "from") or selectors.earlier_snapshot(later)


def _named(request: Request, parameter: str) -> Snapshot | None:
    number = request.query_params.get(parameter, "")
    if not number:
        return None
    is_number = number.isascii() and number.isdecimal() and len(number) < 18
    found = selectors.published_snapshots().filter(pk=int(number)).first() if is_number else None
    if found is None:
        raise ValidationError({parameter: "There are no published results with this number."})
    return found


def _answer(pair: Pair, grouping: str, *, group: int | None = None) -> Response:
    body: dict[str, Any] = {"grouping": grouping, "before": pair.before, "after": pair.after, "reason": ""}
    if pair.before is None:
        body |= {"reason": "These are the first results: there are none to compare with.", "transitions": []}
        return Response(TransitionsSerializer(body).data)
    try:
        flows = comparing.transitions(pair.before, pair.after, grouping)
    except (comparing.TooLarge, comparing.SnapshotDamaged) as trouble:
        body |= {"reason": str(trouble), "transitions": []}
        return Response(TransitionsSerializer(body).data, status=503)
    chosen = flows if group is None else movements.touching(flows, group)
    names = movements.sides(pair, grouping)
    body["transitions"] = [_row(flow, *names) for flow in chosen]
    return Response(TransitionsSerializer(body).data)


def _row(flow: Flow, left: dict[Any, str], right: dict[Any, str]) -> dict[str, Any]:
    return {
        "source_group": flow.source,
        "source_name": left.get(flow.source, ""),
        "target_group": flow.target,
        "target_name": right.get(flow.target, ""),
        "customers": flow.customers,
        "revenue_before": flow.revenue_before,
        "revenue_after": flow.revenue_after,
        "expected_value_before": flow.value_before,
        "expected_value_after": flow.value_after,
    }
