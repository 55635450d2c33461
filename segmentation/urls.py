"""Pages of segments and models."""

from django.urls import path

from segmentation import views

app_name = "segmentation"

urlpatterns = [
    path("segments/", views.segment_list, name="segment-list"),
    path("segments/<int:pk>/", views.segment_detail, name="segment-detail"),
    path("models/", views.model_list, name="model-list"),
]
