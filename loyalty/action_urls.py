"""Pages of actions, under /insiders/actions/."""

from django.urls import path

from loyalty.views import actions

urlpatterns = [
    path("", actions.actions, name="actions"),
    path("take/", actions.action_take, name="action-take"),
    path("<int:pk>/", actions.action_detail, name="action-detail"),
    path("<int:pk>/done/", actions.action_done, name="action-done"),
    path("<int:pk>/call-off/", actions.action_call_off, name="action-call-off"),
    path("<int:pk>/audience.csv", actions.action_audience, name="action-audience"),
]
