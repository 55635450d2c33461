"""Comparisons of ways to form segments, for scripts: asked for, read, and one of their combinations chosen."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.dispatch import hint
from core.models import Run
from core.pagination import KeyPagination
from core.permissions import ApiPermission, acting_user
from core.problems import Problem
from segmentation import lab_selectors
from segmentation.lab_wording import ALGORITHM_WORDS, FEATURE_LABELS, SPACE_WORDS, USUAL_FEATURES
from segmentation.models import Comparison
from segmentation.services import lab as services


class CombinationSerializer(serializers.Serializer[dict[str, Any]]):
    algorithm = serializers.ChoiceField(choices=list(ALGORITHM_WORDS))
    space = serializers.ChoiceField(choices=list(SPACE_WORDS))
    features = serializers.ListField(
        child=serializers.ChoiceField(choices=list(FEATURE_LABELS)), default=list(USUAL_FEATURES)
    )
    k = serializers.IntegerField(allow_null=True, default=None, help_text="Null: found from the data.")
    set_aside = serializers.FloatField(default=0.01, help_text="Share of extreme customers kept out of the fit.")


class ComparisonSerializer(serializers.ModelSerializer[Comparison]):
    combinations = CombinationSerializer(many=True)
    sample_wanted = serializers.IntegerField(default=services.USUAL_ROWS, help_text="Customers to compare on, at most.")
    snapshot = serializers.IntegerField(source="snapshot_id", read_only=True)
    state = serializers.SerializerMethodField(help_text="Of the work: pending, running, succeeded, failed …")
    run = serializers.UUIDField(source="run_id", read_only=True, allow_null=True)
    requested_by = serializers.CharField(source="requested_by.username", default=None, read_only=True, allow_null=True)

    class Meta:
        model = Comparison
        fields = [
            *("id", "snapshot", "state", "run", "requested_by", "requested_at", "finished_at"),
            *("sample_wanted", "sample", "combinations"),
        ]
        read_only_fields = ["id", "requested_at", "finished_at", "sample"]

    def get_state(self, entry: Comparison) -> str:
        if entry.path:
            return Run.State.SUCCEEDED.value
        return entry.run.state if entry.run is not None else Run.State.CANCELLED.value


class ComparisonDetailSerializer(ComparisonSerializer):
    results = serializers.ListField(
        child=serializers.DictField(), read_only=True, help_text="One for each combination, in the same order."
    )

    class Meta(ComparisonSerializer.Meta):
        fields = [*ComparisonSerializer.Meta.fields, "results"]


class ComparisonView(generics.GenericAPIView[Comparison]):
    permission_classes = [ApiPermission]

    def get_queryset(self) -> QuerySet[Comparison]:
        return lab_selectors.comparisons()


class ComparisonList(ComparisonView, generics.ListAPIView[Comparison]):
    """Every comparison that is kept, newest first; a POST asks for one, or answers with the same one done before."""

    write_capability = "segments.choose"
    serializer_class = ComparisonSerializer
    pagination_class = KeyPagination

    @extend_schema(request=ComparisonSerializer, responses={201: ComparisonDetailSerializer})
    def post(self, request: Request) -> Response:
        asked = ComparisonSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        try:
            entry = services.request_comparison(
                combinations=[dict(each) for each in wanted["combinations"]],
                sample=wanted["sample_wanted"],
                by=acting_user(request),
            )
        except services.LabRefused as refusal:
            raise Problem(refusal.code, refusal.message) from refusal
        hint(entry.run if entry.run is not None and entry.run.state == Run.State.PENDING else None)
        return Response(ComparisonDetailSerializer(entry).data, status=status.HTTP_201_CREATED)


class ComparisonDetail(ComparisonView, generics.RetrieveAPIView[Comparison]):
    """One comparison with what came of each combination."""

    serializer_class = ComparisonDetailSerializer


class ChoiceSerializer(serializers.Serializer[dict[str, Any]]):
    run = serializers.UUIDField(allow_null=True, help_text="The refresh that applies it; null when nothing changes.")


class CombinationUse(APIView):
    """Form segments by this combination from now on, and compute new results with it."""

    permission_classes = [ApiPermission]
    read_capability = write_capability = "segments.choose"

    @extend_schema(request=None, responses=ChoiceSerializer)
    def post(self, request: Request, pk: int, number: int) -> Response:
        entry = get_object_or_404(Comparison, pk=pk)
        try:
            run = services.choose_combination(entry=entry, number=number, by=acting_user(request))
        except services.LabRefused as refusal:
            raise Problem(refusal.code, refusal.message) from refusal
        hint(run)
        return Response({"run": run.pk if run is not None else None})
