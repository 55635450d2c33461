"""The queue for scripts: read, judge, assign."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from anomalies import selectors, services
from anomalies.models import Anomaly, Verdict
from core.models import User
from core.pagination import KeyPagination
from core.permissions import ApiPermission, acting_user
from core.problems import Problem


class AnomalySerializer(serializers.ModelSerializer[Anomaly]):
    customer_id = serializers.CharField(source="customer.external_id", default=None, read_only=True, allow_null=True)
    assignee = serializers.CharField(source="assignee.username", default=None, read_only=True, allow_null=True)
    verdict = serializers.SerializerMethodField(help_text="The newest word on it; null while it is open.")
    money = serializers.DecimalField(
        max_digits=20, decimal_places=2, read_only=True, allow_null=True, help_text="At stake, reporting currency."
    )
    scan = serializers.IntegerField(source="latest_scan_id", read_only=True, help_text="The scan that last found it.")

    class Meta:
        model = Anomaly
        fields = [
            *("id", "kind", "status", "severity", "anomaly_score", "threshold", "detector", "summary", "money"),
            *("customer_id", "occurred_on", "assignee", "verdict", "scan", "created_at", "updated_at"),
        ]
        read_only_fields = fields

    def get_verdict(self, anomaly: Anomaly) -> str | None:
        row = selectors.queue_row(anomaly)
        return row.verdict or None


class ReasonSerializer(serializers.Serializer[dict[str, Any]]):
    feature = serializers.CharField()
    value = serializers.FloatField()
    typical = serializers.FloatField(allow_null=True)
    times = serializers.FloatField(allow_null=True, help_text="value / typical, null where that says nothing")
    direction = serializers.ChoiceField(choices=["above", "below"])


class VerdictSerializer(serializers.ModelSerializer[Verdict]):
    by = serializers.CharField(source="by.username", default=None, read_only=True, allow_null=True)

    class Meta:
        model = Verdict
        fields = ["id", "verdict", "comment", "by", "at"]
        read_only_fields = ["id", "by", "at"]


class AnomalyDetailSerializer(AnomalySerializer):
    reasons = ReasonSerializer(many=True, read_only=True)
    evidence = serializers.DictField(read_only=True, help_text="The figures and the series around it.")
    verdicts = VerdictSerializer(many=True, read_only=True)

    class Meta(AnomalySerializer.Meta):
        fields = [*AnomalySerializer.Meta.fields, "reasons", "evidence", "verdicts"]
        read_only_fields = fields


class AssignSerializer(serializers.Serializer[dict[str, Any]]):
    assignee = serializers.CharField(allow_null=True, help_text="A user name; null gives it back to everybody.")


class QueuePagination(KeyPagination):
    ordering = ("-severity", "-pk")


FILTERS = [
    OpenApiParameter("status", enum=Anomaly.Status.values, description="Left out: every state."),
    OpenApiParameter("kind", enum=Anomaly.Kind.values),
    OpenApiParameter("assignee", description="A user name, `me` or `none`."),
]


@extend_schema(parameters=FILTERS)
class AnomalyList(generics.ListAPIView[Anomaly]):
    """Anomalies, worst first."""

    permission_classes = [ApiPermission]
    serializer_class = AnomalySerializer
    pagination_class = QueuePagination

    def get_queryset(self) -> QuerySet[Anomaly]:
        if getattr(self, "swagger_fake_view", False):
            return Anomaly.objects.none()
        query = self.request.query_params
        filters = selectors.Filters(
            status=_one_of("status", query.get("status", ""), Anomaly.Status.values),
            kind=_one_of("kind", query.get("kind", ""), Anomaly.Kind.values),
            assignee=_text("assignee", query.get("assignee", "")),
        )
        rows = selectors.queue(filters, reader=acting_user(self.request))
        return selectors.with_row_parts(rows).defer("evidence", "reasons")


def _one_of(name: str, value: str, allowed: list[str]) -> str:
    if value and value not in allowed:
        raise Problem("unknown_value", f"{name} is one of {', '.join(allowed)}.", allowed=allowed)
    return value


def _text(name: str, value: str) -> str:
    if "\0" in value:
        raise Problem("unreadable", f"{name} holds a NUL character: send plain text.")
    return value


class AnomalyDetail(APIView):
    """One anomaly with its reasons, evidence and verdicts."""

    permission_classes = [ApiPermission]

    @extend_schema(responses=AnomalyDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(AnomalyDetailSerializer(_anomaly(pk)).data)


class AnomalyVerdict(APIView):
    """Say what an anomaly is, which closes it. The same word again by the same person changes nothing."""

    permission_classes = [ApiPermission]
    read_capability = write_capability = "anomalies.triage"

    @extend_schema(request=VerdictSerializer, responses=AnomalyDetailSerializer)
    def post(self, request: Request, pk: int) -> Response:
        anomaly, body = _anomaly(pk), _body(request)
        comment = body.get("comment") or ""
        if not isinstance(comment, str):
            raise Problem("comment_not_text", "The comment is a text, or left out.")
        try:
            services.record_verdict(
                anomaly=anomaly, verdict=str(body.get("verdict", "")), comment=comment, by=acting_user(request)
            )
        except services.TriageError as error:
            raise Problem(error.code, error.message, allowed=Verdict.Value.values) from error
        return Response(AnomalyDetailSerializer(_anomaly(pk)).data)


class AnomalyAssign(APIView):
    """Give an anomaly to a person, or back to everybody."""

    permission_classes = [ApiPermission]
    read_capability = write_capability = "anomalies.triage"

    @extend_schema(request=AssignSerializer, responses=AnomalyDetailSerializer)
    def post(self, request: Request, pk: int) -> Response:
        anomaly, body = _anomaly(pk), _body(request)
        if "assignee" not in body:
            raise Problem("assignee_missing", "Send assignee: a user name, or null to give it back to everybody.")
        name = body["assignee"]
        is_name = isinstance(name, str) and "\0" not in name
        assignee = User.objects.filter(username=name, is_active=True).first() if is_name else None
        if name is not None and assignee is None:
            raise Problem("unknown_user", "Nobody of that user name can sign in.")
        services.assign(anomaly=anomaly, assignee=assignee, by=acting_user(request))
        return Response(AnomalyDetailSerializer(_anomaly(pk)).data)


def _body(request: Request) -> dict[str, Any]:
    if not isinstance(request.data, Mapping):
        raise Problem("not_an_object", "Send a JSON object.")
    return dict(request.data.items())


def _anomaly(pk: int) -> Anomaly:
    anomaly = selectors.anomaly_of(pk)
    if anomaly is None:
        raise Http404
    return anomaly
