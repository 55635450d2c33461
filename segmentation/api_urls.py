"""Segments and snapshots for scripts."""

from django.urls import path

from segmentation import api

urlpatterns = [
    path("segments/", api.SegmentList.as_view(), name="segment-list"),
    path("snapshots/", api.SnapshotList.as_view(), name="snapshot-list"),
    path("snapshots/<int:pk>/", api.SnapshotDetail.as_view(), name="snapshot-detail"),
]
