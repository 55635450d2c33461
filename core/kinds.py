"""The kinds of background work. Each app adds its own when it starts; a job is named, and loaded only in its child.

A kind's *request* makes the run row of the scheduled case (newest data, default settings). Follow-ups are
requests of apps above, by name: crm need not know that segmentation listens.
"""

from dataclasses import dataclass, field
from typing import NotRequired, TypedDict, Unpack

from django.utils.module_loading import import_string


@dataclass
class Kind:
    name: str
    job: str
    label: str
    capability: str  # what a person needs to ask for such work, to stop it, or to ask again
    request: str = ""
    memory_mb: int = 0  # limit of the child's data memory; 0: none
    cpu_seconds: int = 0  # limit of the child's processor time; 0: none
    wall_seconds: int = 0  # limit of one attempt by the clock; 0: none
    personal: str = ""  # the parameter that holds in whose name it is done; nobody else's retry keeps it
    follow_ups: list[str] = field(default_factory=list)


class Options(TypedDict):
    """What an app says of its kind; see `Kind`."""

    job: str
    label: str
    capability: str
    request: NotRequired[str]
    memory_mb: NotRequired[int]
    cpu_seconds: NotRequired[int]
    wall_seconds: NotRequired[int]
    personal: NotRequired[str]


KINDS: dict[str, Kind] = {}


def register(name: str, *, after: tuple[str, ...] = (), **options: Unpack[Options]) -> None:
    """Add a kind; `after` names the kinds whose success asks for this one."""
    KINDS[name] = Kind(name, **options)
    for earlier in after:
        KINDS[earlier].follow_ups.append(KINDS[name].request)


def listen(name: str, path: str) -> None:
    """Call `path(after=run)` within the transaction in which a run of this kind succeeds."""
    KINDS[name].follow_ups.append(path)


def call_request(path: str, *, after: object = None) -> object:
    """Call a request by its dotted path: `request(after=run)`; returns the new run or None."""
    return import_string(path)(after=after)
