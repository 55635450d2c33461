"""The programme for scripts: members, the book of events, reviews, the report. Every answer names its snapshot."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.dispatch import send_due
from core.middleware import LARGEST_KEY
from core.pagination import KeyPagination
from core.permissions import ApiPermission, acting_user, may
from core.problems import Problem
from core.services.audit import record_event
from loyalty.columns import COLUMNS, chosen
from loyalty.exports import members_csv
from loyalty.list_forms import FilterForm
from loyalty.models import DecisionKind, Membership, MembershipEvent, Programme, Review
from loyalty.programme_api import asked_programme
from loyalty.selectors.members import STATUSES, Filters, event_texts, filtered, finished
from loyalty.selectors.report import report_document, report_of
from loyalty.services import approve_review
from segmentation.selectors import current_snapshot


class MemberSerializer(serializers.Serializer[Any]):
    customer_id = serializers.CharField(source="external_id")
    entered_on = serializers.DateField()
    grace_until = serializers.DateField(allow_null=True)
    reason = serializers.CharField()
    figures = serializers.DictField(help_text="Of the current results, or of those known on the day asked for.")
    pinned = serializers.CharField(source="pin", allow_blank=True, help_text="in, out, or empty")
    notes = serializers.IntegerField()


LIST_FILTERS = [
    OpenApiParameter("search", str, description="the customer's id begins with this"),
    OpenApiParameter("status", str, enum=STATUSES),
    OpenApiParameter("tier", str, enum=["platinum", "gold", "silver"]),
    OpenApiParameter("day", OpenApiTypes.DATE, description="the list as it stood at the end of this day"),
]


def asked_filters(request: Request) -> Filters:
    """The list's filters; a value that can't be used is an error for a script."""
    found = FilterForm({**request.query_params.dict(), "q": request.query_params.get("search", "")})
    if not found.is_valid():
        name, errors = next(iter(found.errors.items()))
        raise Problem("filter", f"{name}: {errors[0]}")
    return found.filters()


class MemberList(generics.ListAPIView[Membership]):
    """Members of today or of a past day, the newest first, with their figures and reasons."""

    permission_classes = [ApiPermission]
    serializer_class = MemberSerializer
    pagination_class = KeyPagination

    def get_queryset(self) -> QuerySet[Membership]:
        return filtered(asked_programme(self.request), current_snapshot(), asked_filters(self.request))

    @extend_schema(parameters=LIST_FILTERS)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows = self.paginate_queryset(self.get_queryset()) or []
        found = finished(asked_programme(request), current_snapshot(), asked_filters(request), rows)
        return self.get_paginated_response(MemberSerializer(found, many=True).data)


class EventSerializer(serializers.ModelSerializer[MembershipEvent]):
    customer_id = serializers.CharField(source="customer.external_id")
    rules = serializers.IntegerField(source="rule_version.number")
    review = serializers.IntegerField(source="review_id")
    snapshot = serializers.IntegerField(source="snapshot_id")
    by = serializers.CharField(source="by.username", default=None, allow_null=True)
    reasons = serializers.ListField(child=serializers.DictField())
    detail = serializers.DictField(help_text="What decided when it was not the rules: a pin, or the cap.")
    sentence = serializers.CharField(help_text="What was decided and why, in words.")

    class Meta:
        model = MembershipEvent
        fields = [
            *("id", "customer_id", "kind", "effective_on", "grace_until", "review", "rules", "snapshot"),
            *("model_version", "reasons", "detail", "sentence", "by", "at"),
        ]
        read_only_fields = fields


EVENT_FILTERS = {
    "customer_id": "customer__external_id",
    "kind": "kind",
    "since": "effective_on__gte",
    "until": "effective_on__lte",
    "after": "pk__gt",
}


class EventFilterSerializer(serializers.Serializer[Any]):
    customer_id = serializers.CharField(required=False, max_length=255)
    kind = serializers.ChoiceField(choices=DecisionKind.choices, required=False)
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)
    after = serializers.IntegerField(
        required=False, min_value=0, max_value=LARGEST_KEY, help_text="Only events with a higher id: what is new."
    )


class EventList(generics.ListAPIView[MembershipEvent]):
    """The book: every decision that took effect, the newest first."""

    permission_classes = [ApiPermission]
    serializer_class = EventSerializer
    pagination_class = KeyPagination

    def get_queryset(self) -> QuerySet[MembershipEvent]:
        found = MembershipEvent.objects.filter(programme=asked_programme(self.request))
        asked = EventFilterSerializer(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        chosen = {EVENT_FILTERS[name]: value for name, value in asked.validated_data.items()}
        return found.filter(**chosen).select_related("customer", "rule_version", "by")

    @extend_schema(parameters=[EventFilterSerializer])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        events = self.paginate_queryset(self.get_queryset()) or []
        for event, text in zip(events, event_texts(events), strict=True):
            event.sentence = text  # type: ignore[attr-defined]
        return self.get_paginated_response(EventSerializer(events, many=True).data)


class MembersCsv(APIView):
    """Current members with their figures and reasons; text cells are safe to open in a spreadsheet."""

    permission_classes = [ApiPermission]
    read_capability = "members.export"

    @extend_schema(
        responses={(200, "text/csv"): OpenApiTypes.STR},
        parameters=[*LIST_FILTERS, OpenApiParameter("column", str, many=True, enum=list(COLUMNS))],
    )
    def get(self, request: Request) -> HttpResponseBase:
        programme, filters = asked_programme(request), asked_filters(request)
        names = request.query_params.getlist("column")
        if unknown := [name for name in names if name not in COLUMNS]:
            raise Problem("column", f"There is no column {unknown[0]}: choose from {', '.join(COLUMNS)}.")
        facts = {"columns": chosen(names), "day": filters.day.isoformat() if filters.day else None}
        record_event(by=acting_user(request), action="members.exported", obj=programme, key=programme.pk, facts=facts)
        lines = members_csv(programme, current_snapshot(), filters, chosen(names))
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")


class ReviewSerializer(serializers.ModelSerializer[Review]):
    review = serializers.IntegerField(source="pk")
    snapshot = serializers.IntegerField(source="snapshot_id")
    as_of = serializers.DateField(source="snapshot.as_of")
    rules = serializers.IntegerField(source="rule_version.number")

    class Meta:
        model = Review
        fields = [
            *("review", "kind", "state", "is_partial", "snapshot", "as_of", "rules", "model_version"),
            *("joined", "left", "kept", "warned", "members", "most_members", "held_back", "without_place"),
            *("eligible", "revenue_at_stake", "created_at", "decided_at"),
        ]
        read_only_fields = fields


def visible_reviews(programme: Programme | None = None) -> QuerySet[Review]:
    """Of a programme, or of all."""
    found = Review.objects.all() if programme is None else programme.reviews.all()
    shown = found.exclude(state=Review.State.PREPARING)
    return shown.select_related("snapshot", "rule_version")


class ReviewList(generics.ListAPIView[Review]):
    """Reviews, the newest first."""

    permission_classes = [ApiPermission]
    serializer_class = ReviewSerializer
    pagination_class = KeyPagination

    def get_queryset(self) -> QuerySet[Review]:
        return visible_reviews(asked_programme(self.request))


class ApprovalSerializer(serializers.Serializer[Any]):
    decisions = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LARGEST_KEY),
        required=False,
        help_text="Keys of decisions; left out: all of them.",
    )


class ReviewApprove(APIView):
    """Apply a proposed review, whole or in part."""

    permission_classes = [ApiPermission]
    read_capability = write_capability = "programme.approve"

    @extend_schema(
        request=ApprovalSerializer,
        responses=ReviewSerializer,
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
    )
    def post(self, request: Request, pk: int) -> Response:
        """A review is applied once: the same approval again answers with the applied review."""
        asked = ApprovalSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        review = get_object_or_404(visible_reviews(), pk=pk)
        if review.state == Review.State.APPLIED:
            return Response(ReviewSerializer(review).data)
        approve_review(review=review, by=acting_user(request), decisions=asked.validated_data.get("decisions"))
        send_due()
        return Response(ReviewSerializer(visible_reviews().get(pk=pk)).data)


class ReportDetail(APIView):
    """The nine answers and the hypotheses, of the current results and the list as it stands.

    Who may take lists away (`members.export`) also gets the ids of everybody eligible; others get their number.
    """

    permission_classes = [ApiPermission]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        found = report_of(asked_programme(request), current_snapshot())
        if found is None:
            message = "The report of the current results and list is not written yet: it follows the review."
            raise Problem("no_report", message, status=409)
        with_ids = may(request.user, "members.export")
        if with_ids:
            facts = {"format": "api"}
            record_event(by=acting_user(request), action="report.exported", obj=found, key=found.pk, facts=facts)
        return Response(report_document(found, with_ids=with_ids))
