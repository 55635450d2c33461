"""Webhooks for scripts: who is told, set up and taken away."""

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.models import WebhookEndpoint
from core.pagination import KeyPagination
from core.permissions import ApiPermission, acting_user
from core.services.webhooks import create_endpoint, remove_endpoint
from core.webhooks import EVENTS


class WebhookSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    webhook = serializers.IntegerField(source="pk")
    events = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = WebhookEndpoint
        fields = ["webhook", "url", "events", "is_enabled", "created_at"]
        read_only_fields = fields


class NewWebhookSerializer(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=500)
    events = serializers.ListField(child=serializers.ChoiceField(choices=list(EVENTS)), default=lambda: list(EVENTS))


class MadeWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField(help_text="Shown this one time; each message is signed with it.")

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = fields


class WebhookList(generics.ListAPIView[WebhookEndpoint]):
    """The endpoints; a POST makes one, and its answer is the one time that its secret is told."""

    permission_classes = [ApiPermission]
    read_capability = write_capability = "webhooks.manage"
    serializer_class = WebhookSerializer
    pagination_class = KeyPagination

    def get_queryset(self) -> QuerySet[WebhookEndpoint]:
        return WebhookEndpoint.objects.all()

    @extend_schema(request=NewWebhookSerializer, responses={201: MadeWebhookSerializer})
    def post(self, request: Request) -> Response:
        asked = NewWebhookSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        endpoint = create_endpoint(**asked.validated_data, by=acting_user(request))
        return Response(MadeWebhookSerializer(endpoint).data, status=status.HTTP_201_CREATED)


class WebhookDetail(APIView):
    """One endpoint."""

    permission_classes = [ApiPermission]
    read_capability = write_capability = "webhooks.manage"

    @extend_schema(responses=WebhookSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(WebhookSerializer(get_object_or_404(WebhookEndpoint, pk=pk)).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        remove_endpoint(endpoint=get_object_or_404(WebhookEndpoint, pk=pk), by=acting_user(request))
        return Response(status=status.HTTP_204_NO_CONTENT)
