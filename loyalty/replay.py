"""The membership list as its events tell it: replaying them gives the list, exactly."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple, Protocol


class Event(Protocol):
    """What replaying needs of a membership event."""

    @property
    def customer_id(self) -> int: ...

    @property
    def kind(self) -> str: ...

    @property
    def effective_on(self) -> date: ...

    @property
    def grace_until(self) -> date | None: ...


class Standing(NamedTuple):
    """A current member: since when, and until when the grace of a warned one runs."""

    entered_on: date
    grace_until: date | None = None


@dataclass(frozen=True)
class Stay:
    """One membership from its first day to its last (None: it goes on)."""

    customer_id: int
    entered_on: date
    left_on: date | None = None
    grace_until: date | None = None


class BrokenBook(ValueError):
    """Events that contradict each other: the book was altered."""


def replay(events: Iterable[Event]) -> list[Stay]:
    """Every membership, ended and current, from events in the order in which they took effect."""
    current: dict[int, Stay] = {}
    ended: list[Stay] = []
    for event in events:
        stay = _next(current.pop(event.customer_id, None), event)
        if stay.left_on is None:
            current[event.customer_id] = stay
        else:
            ended.append(stay)
    return [*ended, *current.values()]


def standings_on(events: Iterable[Event], day: date) -> dict[int, Standing]:
    """The members as the list stood at the end of a day: who left on it is no member any more.

    Results of an earlier day may end a membership; the days before stay as they were told.
    """
    graces: dict[int, list[tuple[date, date | None]]] = {}
    current: dict[int, Stay] = {}
    found: dict[int, Standing] = {}
    for event in events:
        stay = _next(current.pop(event.customer_id, None), event)
        if event.kind == "joined":
            graces[event.customer_id] = []
        graces[event.customer_id].append((event.effective_on, stay.grace_until))
        if stay.left_on is None:
            current[event.customer_id] = stay
        elif stay.entered_on <= day < stay.left_on:
            found[event.customer_id] = _standing_on(stay, graces[event.customer_id], day)
    for key, stay in current.items():
        if stay.entered_on <= day:
            found[key] = _standing_on(stay, graces[key], day)
    return found


def _standing_on(stay: Stay, graces: list[tuple[date, date | None]], day: date) -> Standing:
    """The grace that was told latest by that day."""
    told = [grace_until for since, grace_until in graces if since <= day]
    return Standing(stay.entered_on, told[-1] if told else None)


def _next(stay: Stay | None, event: Event) -> Stay:
    if (stay is None) != (event.kind == "joined"):
        raise BrokenBook(f"Customer {event.customer_id} can't have {event.kind} on {event.effective_on}.")
    if stay is None:
        return Stay(event.customer_id, event.effective_on)
    if event.kind == "left":
        # Results of an earlier day may end a membership; it never ends before it began.
        return replace(stay, left_on=max(event.effective_on, stay.entered_on), grace_until=None)
    return replace(stay, grace_until=event.grace_until if event.kind == "warned" else None)


def standings(events: Iterable[Event]) -> dict[int, Standing]:
    """The current members by customer."""
    return {
        stay.customer_id: Standing(stay.entered_on, stay.grace_until) for stay in replay(events) if stay.left_on is None
    }
