"""Days without sales where there usually are some: lines that a file may be missing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

# A weekday is usual when at least this share of its other dates had sales. Lower than for the queue of anomalies: who
# has just brought a file can tell at a glance, and nothing waits for an answer.
USUALLY = 0.8


@dataclass(frozen=True)
class Gap:
    """Days without sales that follow each other with no day of sales between them; `days` are the unusual ones."""

    days: tuple[date, ...]

    @property
    def first_on(self) -> date:
        return self.days[0]

    @property
    def last_on(self) -> date:
        return self.days[-1]


def find_gaps(open_days: Collection[date], *, first: date, last: date, explained: Collection[date] = ()) -> list[Gap]:
    """The gaps from `first` to `last`, both included, oldest first; `explained` days (holidays) are none.

    What is usual for a weekday is told by all `open_days`; a day has no say in whether it is unusual itself. So a shop
    that never opens on Saturdays has no gap there, and a weekday that is met only once can't be judged.
    """
    if not open_days:
        return []
    known, excused = set(open_days), set(explained)
    span = _days(min(known), max(known))
    dates = [[day for day in span if day.weekday() == weekday and day not in excused] for weekday in range(7)]
    counted = [(len(days), sum(day in known for day in days)) for days in dates]
    unusual = [
        day
        for day in _days(max(first, span[0]), min(last, span[-1]))
        if day not in known and day not in excused and _is_usual(*counted[day.weekday()])
    ]
    return _grouped(unusual, known)


def _is_usual(dates: int, traded: int) -> bool:
    """Whether such a weekday trades, as told by its other dates; the day in question is one that did not."""
    others = dates - 1
    return others > 0 and traded / others >= USUALLY


def _grouped(unusual: list[date], known: set[date]) -> list[Gap]:
    gaps: list[list[date]] = []
    for day in unusual:
        if gaps and not any(between in known for between in _days(gaps[-1][-1], day)):
            gaps[-1].append(day)
        else:
            gaps.append([day])
    return [Gap(tuple(days)) for days in gaps]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
