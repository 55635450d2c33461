"""Segments and snapshots for scripts."""

from django.urls import path

from segmentation import api, lab_api, movements_api

urlpatterns = [
    path("segments/", api.SegmentList.as_view(), name="segment-list"),
    path("segments/lab/", lab_api.ComparisonList.as_view(), name="comparison-list"),
    path("segments/lab/<int:pk>/", lab_api.ComparisonDetail.as_view(), name="comparison-detail"),
    path("segments/lab/<int:pk>/<int:number>/use/", lab_api.CombinationUse.as_view(), name="combination-use"),
    path("segments/<int:pk>/transitions/", movements_api.SegmentTransitions.as_view(), name="segment-transitions"),
    path("snapshots/", api.SnapshotList.as_view(), name="snapshot-list"),
    path("snapshots/<int:pk>/", api.SnapshotDetail.as_view(), name="snapshot-detail"),
    path("snapshots/<int:pk>/transitions/", movements_api.SnapshotTransitions.as_view(), name="snapshot-transitions"),
]
