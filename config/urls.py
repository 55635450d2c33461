"""Every address of the product. Each app adds two lines: its pages here, its API in `config.api_urls`."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("core.urls")),
    path("", include("crm.urls")),
    path("", include("segmentation.urls")),
    path("", include("loyalty.urls")),
    path("", include("anomalies.urls")),
    path("api/v1/", include("config.api_urls")),
]
