"""The programme for scripts: its settings and rules, and what other rules would do."""

from typing import Any

from django.db.models import F
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from analytics.scoring.rules import RuleError
from core.permissions import ApiPermission
from core.problems import Problem
from loyalty import rules
from loyalty.models import Programme
from loyalty.preview import preview_rules
from loyalty.selectors.programme import ProgrammeSummary, programme_summary
from loyalty.selectors.reviews import review_result
from loyalty.selectors.standing import default_programme, programme_of_key
from segmentation.selectors import current_snapshot

PROGRAMME = OpenApiParameter("programme", int, description="Which programme; the first one when left out.")
Money = serializers.DecimalField


def asked_programme(request: Request) -> Programme:
    """The programme of `?programme=`, or the first one."""
    named = request.query_params.get("programme", "")
    if not named:
        return default_programme()
    found = programme_of_key(named)
    if found is None:
        raise NotFound("There is no such programme.")
    return found


class ProgrammeSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    programme = serializers.CharField()
    is_archived = serializers.BooleanField()
    programmes = serializers.ListField(child=serializers.DictField(), help_text="[{id, programme, is_archived}]")
    snapshot = serializers.IntegerField(allow_null=True)
    members = serializers.IntegerField()
    warned = serializers.IntegerField()
    grace_days = serializers.IntegerField()
    review_schedule = serializers.ChoiceField(choices=Programme.Schedule.choices)
    review_period_months = serializers.IntegerField()
    review_period_days = serializers.IntegerField()
    review_on_day = serializers.IntegerField(allow_null=True)
    next_review_on = serializers.DateField(allow_null=True)
    starts_on = serializers.DateField(allow_null=True)
    is_approval_required = serializers.BooleanField()
    needs_second_person = serializers.BooleanField()
    cap_members = serializers.IntegerField(allow_null=True)
    cap_budget = Money(max_digits=20, decimal_places=6, allow_null=True)
    cost_per_member = Money(max_digits=20, decimal_places=6, allow_null=True)
    rules = serializers.DictField(allow_null=True, help_text="Version, entry and stay conditions, each also in words.")
    latest_review = serializers.DictField(allow_null=True)
    waiting_review = serializers.DictField(allow_null=True)


class ProgrammeDetail(APIView):
    """A programme: settings, rules in force, members, and the newest reviews."""

    permission_classes = [ApiPermission]

    @extend_schema(parameters=[PROGRAMME], responses=ProgrammeSerializer)
    def get(self, request: Request) -> Response:
        return Response(ProgrammeSerializer(_document(programme_summary(asked_programme(request)))).data)


# Fields that stand in the answer as they stand in the programme.
SETTINGS = (
    *("id", "is_archived", "grace_days", "review_schedule", "review_period_months", "review_period_days"),
    *("review_on_day", "starts_on", "is_approval_required", "needs_second_person", "cap_members", "cap_budget"),
    "cost_per_member",
)


def _document(summary: ProgrammeSummary) -> dict[str, Any]:
    programme, version, snapshot = summary.programme, summary.rules, current_snapshot()
    everyone = Programme.objects.order_by("pk").values("id", "is_archived", programme=F("name"))
    return {
        **{name: getattr(programme, name) for name in SETTINGS},
        "programme": programme.name,
        "programmes": [*everyone],
        "snapshot": snapshot and snapshot.pk,
        "members": summary.members,
        "warned": summary.warned,
        "next_review_on": summary.next_review_on,
        "rules": version
        and {
            "version": version.number,
            "entry": version.entry,
            "stay": version.stay,
            "entry_text": summary.entry,
            "stay_text": summary.stay,
            "effective_on": version.effective_on and version.effective_on.isoformat(),
        },
        "latest_review": summary.latest and review_result(summary.latest, unchanged=False),
        "waiting_review": summary.waiting and review_result(summary.waiting, unchanged=False),
    }


class RulesSerializer(serializers.Serializer[Any]):
    entry = serializers.ListField(child=serializers.DictField(), help_text="[{feature, operator, value}]")
    stay = serializers.ListField(child=serializers.DictField())


class CaseSerializer(serializers.Serializer[Any]):
    customer_id = serializers.CharField()
    value = serializers.FloatField()
    distance = serializers.FloatField()


class BorderSerializer(serializers.Serializer[Any]):
    feature = serializers.CharField()
    condition = serializers.CharField(source="text")
    inside = CaseSerializer(many=True)
    outside = CaseSerializer(many=True)


class PartSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    customers = serializers.IntegerField()
    members_before = serializers.IntegerField(source="before")
    members = serializers.IntegerField(source="after")
    revenue = Money(max_digits=38, decimal_places=6)


class BreakdownSerializer(serializers.Serializer[Any]):
    feature = serializers.CharField(source="figure")
    parts = PartSerializer(many=True)


class PreviewSerializer(serializers.Serializer[Any]):
    snapshot = serializers.IntegerField()
    joined = serializers.IntegerField()
    left = serializers.IntegerField()
    kept = serializers.IntegerField()
    warned = serializers.IntegerField()
    members = serializers.IntegerField()
    customers = serializers.IntegerField()
    eligible = serializers.IntegerField()
    without_place = serializers.IntegerField(help_text="Meet the entry rules, but the programme is full.")
    revenue_at_stake = Money(max_digits=38, decimal_places=6)
    revenue = Money(max_digits=38, decimal_places=6, help_text="Of the members then, in the last 12 months.")
    members_before = serializers.IntegerField()
    revenue_before = Money(max_digits=38, decimal_places=6)
    revenue_all = Money(max_digits=38, decimal_places=6)
    share = serializers.FloatField(allow_null=True)
    share_before = serializers.FloatField(allow_null=True)
    cost = Money(max_digits=38, decimal_places=6, allow_null=True, help_text="For one review period.")
    cost_before = Money(max_digits=38, decimal_places=6, allow_null=True)
    borders = BorderSerializer(many=True, help_text="The nearest customers on either side of each entry threshold.")
    breakdowns = BreakdownSerializer(many=True)


class ProgrammePreview(APIView):
    """What these rules would do on the current results; nothing is written."""

    permission_classes = [ApiPermission]
    read_capability = write_capability = "programme.propose"

    @extend_schema(parameters=[PROGRAMME], request=RulesSerializer, responses=PreviewSerializer)
    def post(self, request: Request) -> Response:
        asked = RulesSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        entry, stay = asked.validated_data["entry"], asked.validated_data["stay"]
        try:
            rules.check_rules(entry, stay)
        except RuleError as error:
            raise Problem("rules", str(error)) from error
        snapshot, programme = current_snapshot(), asked_programme(request)
        if snapshot is None:
            raise Problem("no_snapshot", "There are no results yet: upload purchases first.", status=409)
        found = preview_rules(
            programme=programme, snapshot=snapshot, entry=entry, stay=stay, grace_days=programme.grace_days
        )
        return Response(PreviewSerializer(found).data)
