"""Actions for scripts: what is advised for each group, and what was taken, with its read-out."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.pagination import KeyPagination
from core.permissions import ApiPermission
from core.problems import Problem
from loyalty.action_words import reason, state_sentence
from loyalty.models import Action, Affinity
from loyalty.programme_api import asked_programme
from loyalty.selectors.actions import advice_of, advised
from segmentation.selectors import current_snapshot


class ActionSerializer(serializers.ModelSerializer[Action]):
    owner = serializers.CharField(source="owner.username", default=None, allow_null=True)
    snapshot = serializers.IntegerField(source="snapshot_id", allow_null=True)
    experiment = serializers.IntegerField(source="experiment_id", allow_null=True)
    read_out = serializers.DictField(allow_null=True)
    sentence = serializers.SerializerMethodField()

    class Meta:
        model = Action
        fields = [
            *("id", "kind", "group", "group_label", "name", "text", "state", "owner", "due_on", "reads_out_on"),
            *("control_share", "audience", "controls", "expected_worth", "snapshot", "experiment", "frozen_on"),
            *("done_at", "read_out", "sentence"),
        ]
        read_only_fields = fields

    def get_sentence(self, action: Action) -> str:
        return state_sentence(action, self.context.get("as_of"), timezone.localdate())


class AdvisedSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    group = serializers.CharField()
    reason = serializers.CharField()
    audience = serializers.IntegerField()
    worth = serializers.CharField(help_text="Expected money, as exact text.")
    interval = serializers.ListField(
        child=serializers.CharField(), default=None, allow_null=True, help_text="Of a measured worth, 95 %."
    )
    measured_by = serializers.IntegerField(allow_null=True, help_text="The action that the worth was measured in.")


class AdviceSerializer(serializers.Serializer[Any]):
    snapshot = serializers.IntegerField()
    groups = serializers.DictField(child=serializers.IntegerField())
    actions = AdvisedSerializer(many=True)


class ActionList(generics.ListAPIView[Action]):
    """Actions that were taken, the newest first."""

    permission_classes = [ApiPermission]
    serializer_class = ActionSerializer
    pagination_class = KeyPagination

    def get_queryset(self) -> QuerySet[Action]:
        return asked_programme(self.request).actions.select_related("owner", "run", "experiment")

    def get_serializer_context(self) -> dict[str, Any]:
        snapshot = current_snapshot()
        return {**super().get_serializer_context(), "as_of": snapshot.as_of if snapshot else None}


class AdviceDetail(APIView):
    """What is advised for each group on the current results, the highest worth first."""

    permission_classes = [ApiPermission]

    @extend_schema(
        responses=AdviceSerializer, parameters=[OpenApiParameter("group", str, description="members, tier:gold, …")]
    )
    def get(self, request: Request) -> Response:
        advice, group = advice_of(asked_programme(request)), request.query_params.get("group", "")
        if advice is None:
            message = "Actions of the current results are not worked out yet: they follow the results in a minute."
            raise Problem("no_advice", message, status=409)
        if group and group not in advice.content["groups"]:
            known = ", ".join(advice.content["groups"])
            raise Problem(
                "group_gone", f"Nobody of the current results is in this group: choose from {known}.", status=409
            )
        affinity = Affinity.objects.filter(snapshot=advice.snapshot_id).first()
        rows = [{**row, "reason": reason(row["kind"], affinity)} for row in advised(advice, group=group)]
        found = {"snapshot": advice.snapshot_id, "groups": advice.content["groups"], "actions": rows}
        return Response(AdviceSerializer(found).data)
