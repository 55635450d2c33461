"""The kinds of background work. Each app adds its own when it starts; a job is named, and loaded only in its child.

A kind's *request* makes the run row of the scheduled case (newest data, default settings). Follow-ups are
requests of apps above, by name: crm need not know that segmentation listens.
"""

from dataclasses import dataclass, field

from django.utils.module_loading import import_string


@dataclass
class Kind:
    name: str
    job: str
    label: str
    request: str = ""
    memory_mb: int = 0  # limit of the child's data memory; 0: none
    follow_ups: list[str] = field(default_factory=list)


KINDS: dict[str, Kind] = {}


def register(
    name: str, *, job: str, label: str, request: str = "", memory_mb: int = 0, after: tuple[str, ...] = ()
) -> None:
    """Add a kind; `after` names the kinds whose success asks for this one."""
    KINDS[name] = Kind(name, job, label, request, memory_mb)
    for earlier in after:
        KINDS[earlier].follow_ups.append(request)


def call_request(path: str, *, after: object = None) -> object:
    """Call a request by its dotted path: `request(after=run)`; returns the new run or None."""
    return import_string(path)(after=after)
