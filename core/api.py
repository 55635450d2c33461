"""The API's own resources, and its answer for addresses that do not exist."""

from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import selectors
from core.models import Run


class RunSerializer(serializers.ModelSerializer[Run]):
    class Meta:
        model = Run
        fields = [
            *("id", "kind", "state", "stage", "progress_done", "progress_total", "attempts"),
            *("created_at", "started_at", "finished_at", "result", "error_code", "error"),
        ]
        read_only_fields = fields


class RunDetail(APIView):
    """One background job: poll it until `state` is none of `pending` and `running`."""

    @extend_schema(responses=RunSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        run = selectors.run(pk)
        if run is None:
            raise Http404
        return Response(RunSerializer(run).data)


@extend_schema(exclude=True)
class Unknown(APIView):
    """Addresses under /api/v1/ that are none answer like every other error of the API."""

    def _missing(self, request: Request) -> Response:
        raise Http404

    get = post = put = patch = delete = _missing
