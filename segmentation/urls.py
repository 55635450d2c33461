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
    path("models/", views.model_list, name="model-list"),
]
