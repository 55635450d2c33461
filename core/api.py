"""The API's own resources, and its answer for addresses that do not exist."""

from uuid import UUID

from django.http import Http404
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core import selectors
from core.models import Run
from core.permissions import ApiPermission


class RunSerializer(serializers.ModelSerializer[Run]):
    class Meta:
        model = Run
        fields = [
            *("id", "kind", "state", "stage", "progress_done", "progress_total", "attempts"),
            *("created_at", "started_at", "finished_at", "result", "error_code", "error"),
        ]
        read_only_fields = fields


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the documentation's Authorize button writes a token."""

    target_class = "core.authentication.ApiTokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        sentence = "Write the word Token, a blank, and your key: Token ins_…"
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": sentence}


class Schema(SpectacularAPIView):
    permission_classes = [ApiPermission]


class Docs(SpectacularSwaggerSplitView):
    """Scripts and styles come as files of our own origin, as the Content-Security-Policy wants it."""

    permission_classes = [ApiPermission]
    url_name = "api:schema"
    template_name = "core/api_docs.html"


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
