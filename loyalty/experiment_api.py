"""Experiments for scripts: what runs, what was read of it, starting and ending one."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.dispatch import hint
from core.pagination import KeyPagination
from core.permissions import ApiPermission, acting_user
from loyalty.experiment_words import verdict_sentence
from loyalty.models import Experiment, ExperimentReading
from loyalty.selectors.experiments import counting_draws, history
from loyalty.selectors.standing import default_programme
from loyalty.services import create_action_test, end_experiment, start_programme_control

IDEMPOTENCY = [OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)]


class ExperimentSerializer(serializers.ModelSerializer[Experiment]):
    programme = serializers.CharField(source="programme.name")
    verdict = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField()

    class Meta:
        model = Experiment
        fields = [
            *("id", "programme", "name", "kind", "state", "action", "population", "control_share", "uplift", "weeks"),
            *("seed", "started_on", "ended_on", "created_at", "verdict", "sentence"),
        ]
        read_only_fields = fields

    def _content(self, experiment: Experiment) -> dict[str, Any]:
        readings = list(experiment.readings.all())
        return readings[0].content if readings else {}

    def get_verdict(self, experiment: Experiment) -> str:
        return str(self._content(experiment).get("verdict", {}).get("word", "waiting"))

    def get_sentence(self, experiment: Experiment) -> str:
        return verdict_sentence(experiment, self._content(experiment))


class StartSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    kind = serializers.ChoiceField(choices=["programme_control", "action"], default="programme_control")
    control_share = serializers.FloatField(default=0.1, min_value=0, max_value=1)
    uplift = serializers.FloatField(default=0.1, help_text="Worth finding, as a share of the control's mean.")
    weeks = serializers.IntegerField(default=26, min_value=1, max_value=104)
    population = serializers.CharField(
        default="eligible", max_length=40, help_text="Of an action: tier:gold, members, …"
    )
    action = serializers.CharField(default="", max_length=2000, allow_blank=True)


def visible() -> QuerySet[Experiment]:
    newest = Prefetch("readings", ExperimentReading.objects.order_by("-as_of", "-pk"))
    return Experiment.objects.select_related("programme").prefetch_related(newest)


class ExperimentList(generics.ListAPIView[Experiment]):
    """Every experiment, the newest first; POST starts the programme's control group or the test of an action."""

    permission_classes = [ApiPermission]
    write_capability = "programme.approve"
    serializer_class = ExperimentSerializer
    pagination_class = KeyPagination

    def get_queryset(self) -> QuerySet[Experiment]:
        return visible()

    @extend_schema(request=StartSerializer, responses={201: ExperimentSerializer}, parameters=IDEMPOTENCY)
    def post(self, request: Request) -> Response:
        asked = StartSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        options: dict[str, Any] = dict(asked.validated_data)
        kind, programme, by = options.pop("kind"), default_programme(), acting_user(request)
        if kind == Experiment.Kind.PROGRAMME_CONTROL:
            options = {name: options[name] for name in ("name", "control_share", "uplift", "weeks")}
            experiment = start_programme_control(programme=programme, by=by, **options)
        else:
            experiment = create_action_test(programme=programme, by=by, **options)
        if experiment.run is not None:
            hint(experiment.run)
        return Response(ExperimentSerializer(visible().get(pk=experiment.pk)).data, status=201)


class ReadingSerializer(serializers.ModelSerializer[ExperimentReading]):
    content = serializers.DictField()

    class Meta:
        model = ExperimentReading
        fields = ["as_of", "snapshot", "content", "checksum", "created_at"]
        read_only_fields = fields


class DrawSerializer(serializers.Serializer[Any]):
    drawn_on = serializers.DateField()
    seed = serializers.CharField()
    share = serializers.FloatField()
    people = serializers.IntegerField()
    controls = serializers.IntegerField()
    strata = serializers.IntegerField()


class ExperimentDetailSerializer(ExperimentSerializer):
    readings = serializers.SerializerMethodField()
    draws = serializers.SerializerMethodField()

    class Meta(ExperimentSerializer.Meta):
        fields = [*ExperimentSerializer.Meta.fields, "draws", "readings"]
        read_only_fields = fields

    @extend_schema(responses=ReadingSerializer(many=True))
    def get_readings(self, experiment: Experiment) -> list[dict[str, Any]]:
        return list(ReadingSerializer(history(experiment), many=True).data)

    def get_draws(self, experiment: Experiment) -> list[dict[str, Any]]:
        return list(DrawSerializer(counting_draws(experiment), many=True).data)


class ExperimentDetail(APIView):
    """One experiment with its draws and every day's reading."""

    permission_classes = [ApiPermission]

    @extend_schema(responses=ExperimentDetailSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(ExperimentDetailSerializer(get_object_or_404(visible(), pk=pk)).data)


class ExperimentEnd(APIView):
    """End a running experiment; the same wish again answers with the ended one."""

    permission_classes = [ApiPermission]
    read_capability = write_capability = "programme.approve"

    @extend_schema(request=None, responses=ExperimentSerializer, parameters=IDEMPOTENCY)
    def post(self, request: Request, pk: int) -> Response:
        experiment = get_object_or_404(visible(), pk=pk)
        if experiment.state != Experiment.State.ENDED:
            end_experiment(experiment=experiment, by=acting_user(request))
        return Response(ExperimentSerializer(visible().get(pk=pk)).data)
