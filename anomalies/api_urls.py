"""The queue for scripts."""

from django.urls import path

from anomalies import api

urlpatterns = [
    path("anomalies/", api.AnomalyList.as_view(), name="anomaly-list"),
    path("anomalies/<int:pk>/", api.AnomalyDetail.as_view(), name="anomaly-detail"),
    path("anomalies/<int:pk>/verdict/", api.AnomalyVerdict.as_view(), name="anomaly-verdict"),
    path("anomalies/<int:pk>/assign/", api.AnomalyAssign.as_view(), name="anomaly-assign"),
]
