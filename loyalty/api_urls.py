"""The programme's addresses of the API."""

from django.urls import path

from loyalty import action_api, api, experiment_api, programme_api

urlpatterns = [
    path("programme/", programme_api.ProgrammeDetail.as_view(), name="programme"),
    path("programme/preview/", programme_api.ProgrammePreview.as_view(), name="programme-preview"),
    path("members/", api.MemberList.as_view(), name="member-list"),
    path("members.csv", api.MembersCsv.as_view(), name="members-csv"),
    path("members/events/", api.EventList.as_view(), name="member-events"),
    path("reviews/", api.ReviewList.as_view(), name="review-list"),
    path("reviews/<int:pk>/approve/", api.ReviewApprove.as_view(), name="review-approve"),
    path("actions/", action_api.ActionList.as_view(), name="action-list"),
    path("actions/advised/", action_api.AdviceDetail.as_view(), name="action-advice"),
    path("experiments/", experiment_api.ExperimentList.as_view(), name="experiment-list"),
    path("experiments/<int:pk>/", experiment_api.ExperimentDetail.as_view(), name="experiment-detail"),
    path("experiments/<int:pk>/end/", experiment_api.ExperimentEnd.as_view(), name="experiment-end"),
    path("report/", api.ReportDetail.as_view(), name="report"),
]
