from core.models.audit import AuditEvent, AuditHead
from core.models.run import Run
from core.models.schedule import ProcessBeat, ScheduleEntry, ScheduleSlot
from core.models.user import ApiToken, SignInFailure, User
from core.models.webhook import WebhookDelivery, WebhookEndpoint

__all__ = [
    "ApiToken",
    "AuditEvent",
    "AuditHead",
    "ProcessBeat",
    "Run",
    "ScheduleEntry",
    "ScheduleSlot",
    "SignInFailure",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
]
