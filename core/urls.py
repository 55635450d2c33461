"""Pages of signing in, the account, jobs and settings; and what a load balancer asks."""

from django.urls import path

from core.gallery import gallery
from core.views import account, health, password, runs, settings, sign_in, team, today, webhooks

app_name = "core"

urlpatterns = [
    path("", today.today, name="today"),
    path("sign-in/", sign_in.SignIn.as_view(), name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("password/reset/", password.PasswordReset.as_view(), name="password-reset"),
    path("password/reset/sent/", password.PasswordResetSent.as_view(), name="password-reset-sent"),
    path("password/reset/<uidb64>/<token>/", password.PasswordResetConfirm.as_view(), name="password-reset-confirm"),
    path("password/change/", password.PasswordChange.as_view(), name="password-change"),
    path("account/", account.account, name="account"),
    path("account/tokens/<int:pk>/revoke/", account.token_revoke, name="token-revoke"),
    path("settings/", team.settings, name="settings"),
    path("settings/team/<int:pk>/", team.user_change, name="user-change"),
    path("settings/schedule/", settings.schedule, name="schedule"),
    path("settings/schedule/<int:pk>/", settings.schedule_entry, name="schedule-entry"),
    path("settings/audit/", settings.audit, name="audit"),
    path("settings/jobs/", settings.jobs, name="jobs"),
    path("settings/webhooks/", webhooks.webhook_list, name="webhook-list"),
    path("settings/webhooks/<int:pk>/", webhooks.webhook_detail, name="webhook-detail"),
    path("settings/webhooks/deliveries/<int:pk>/again/", webhooks.webhook_again, name="webhook-again"),
    path("runs/running/", runs.running_jobs, name="running-jobs"),
    path("runs/<uuid:pk>/", runs.run_detail, name="run-detail"),
    path("runs/<uuid:pk>/cancel/", runs.run_cancel, name="run-cancel"),
    path("runs/<uuid:pk>/retry/", runs.run_retry, name="run-retry"),
    path("gallery/", gallery, name="gallery"),
    path("health/live", health.live, name="health-live"),
    path("health/ready", health.ready, name="health-ready"),
]
