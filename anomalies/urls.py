"""Pages of the queue."""

from django.urls import path

from anomalies import views

app_name = "anomalies"

urlpatterns = [
    path("anomalies/", views.queue, name="queue"),
    path("anomalies/scan/", views.scan_request, name="scan-request"),
    path("anomalies/verdicts/", views.verdicts, name="verdicts"),
    path("anomalies/<int:pk>/", views.anomaly_detail, name="anomaly-detail"),
    path("anomalies/<int:pk>/verdict/", views.anomaly_verdict, name="anomaly-verdict"),
    path("anomalies/<int:pk>/reopen/", views.anomaly_reopen, name="anomaly-reopen"),
    path("anomalies/<int:pk>/assign/", views.anomaly_assign, name="anomaly-assign"),
]
