"""Pages of experiments, under /insiders/experiments/."""

from django.urls import path

from loyalty.views import experiments

urlpatterns = [
    path("", experiments.experiments, name="experiment-list"),
    path("plan/", experiments.experiment_plan, name="experiment-plan"),
    path("import/", experiments.experiment_import, name="experiment-import"),
    path("<int:pk>/", experiments.experiment_detail, name="experiment-detail"),
    path("<int:pk>/end/", experiments.experiment_end, name="experiment-end"),
    path("<int:pk>/remove/", experiments.experiment_remove, name="experiment-remove"),
    path("<int:pk>/groups.csv", experiments.experiment_groups, name="experiment-groups"),
]
