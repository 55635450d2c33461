"""The API's addresses. An app's `api_urls.py` is a list of paths without an `app_name`: all names are `api:…`."""

from django.contrib.auth.decorators import login_required
from django.urls import URLPattern, URLResolver, include, path, re_path

from core import api, webhook_api

app_name = "api"

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", api.Schema.as_view(), name="schema"),
    path("docs/", login_required(api.Docs.as_view()), name="docs"),
    path("runs/<uuid:pk>/", api.RunDetail.as_view(), name="run-detail"),
    path("webhooks/", webhook_api.WebhookList.as_view(), name="webhook-list"),
    path("webhooks/<int:pk>/", webhook_api.WebhookDetail.as_view(), name="webhook-detail"),
    path("", include("crm.api_urls")),
    path("", include("segmentation.api_urls")),
    path("", include("loyalty.api_urls")),
    path("", include("anomalies.api_urls")),
    # Each app includes its api_urls above this line; the last entry answers for every address that is none.
    re_path(r"^.*$", api.Unknown.as_view(), name="unknown"),
]
