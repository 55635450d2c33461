from core.models.audit import AuditEvent, AuditHead
from core.models.run import Run
from core.models.schedule import ProcessBeat, ScheduleEntry, ScheduleSlot
from core.models.user import ApiToken, SignInFailure, User

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
]
