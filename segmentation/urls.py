"""Pages of segments and models."""

from django.urls import path

from segmentation import views

app_name = "segmentation"

urlpatterns = [
    path("segments/", views.segment_list, name="segment-list"),
    path("segments/<int:pk>/", views.segment_detail, name="segment-detail"),
    path("segments/lab/", views.lab_home, name="lab"),
    path("segments/lab/<int:pk>/", views.comparison_detail, name="comparison-detail"),
    path("segments/lab/<int:pk>/<int:number>/points/", views.comparison_points, name="comparison-points"),
    path("segments/lab/<int:pk>/<int:number>/use/", views.combination_use, name="combination-use"),
    path("segments/lab/map/<slug:method>/", views.segment_points, name="segment-points"),
    path("segments/lab/choices/built-in/", views.choice_built_in, name="choice-built-in"),
    path("segments/lab/choices/<int:pk>/use/", views.choice_use, name="choice-use"),
    path("settings/values/", views.valuation, name="valuation"),
    path("models/", views.model_list, name="model-list"),
    path("models/publishing/", views.publishing_change, name="publishing-change"),
    path("models/pin/", views.snapshot_pin, name="snapshot-pin"),
    path("models/unpin/", views.snapshot_unpin, name="snapshot-unpin"),
    path("models/<int:pk>/", views.snapshot_detail, name="snapshot-detail"),
    path("models/<int:pk>/promote/", views.snapshot_promote, name="snapshot-promote"),
    path("models/<int:pk>/decline/", views.snapshot_decline, name="snapshot-decline"),
    path("models/<int:pk>/roll-back/", views.snapshot_roll_back, name="snapshot-roll-back"),
]
