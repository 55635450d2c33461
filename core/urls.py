"""Pages of signing in, the account, jobs and settings; and what a load balancer asks."""

from django.urls import path

from core.gallery import gallery
from core.views import health, runs, sign_in, today

app_name = "core"

urlpatterns = [
    path("", today.today, name="today"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("runs/running/", runs.running_jobs, name="running-jobs"),
    path("runs/<uuid:pk>/", runs.run_detail, name="run-detail"),
    path("runs/<uuid:pk>/cancel/", runs.run_cancel, name="run-cancel"),
    path("runs/<uuid:pk>/retry/", runs.run_retry, name="run-retry"),
    path("gallery/", gallery, name="gallery"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
]
