"""Rules replayed over past reviews: what each would have done, from stored results or from the purchases themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from analytics import features
from core.runs import JobRefused, Lease
from crm import ledger
from crm.ledger import Engine
from crm.models import CataloguePointer
from loyalty import rules
from loyalty.evaluation import RANKED_BY
from loyalty.figures import held_figures
from loyalty.models import Programme
from loyalty.replaying import Course, Table, run_over
from loyalty.selectors.standing import active_rules
from loyalty.services.replaying import days_before
from segmentation import store
from segmentation.models import Snapshot

# What can be counted again as of any day; estimates and groups are only known where results were kept.
BASIC = frozenset(
    {
        *("days_since_last_purchase", "order_count", "revenue", "gross_revenue", "returned_value"),
        *("average_order_value", "items", "distinct_items", "return_rate", "return_lines", "revenue_12m", "orders_12m"),
        "country",
    }
)
SUMMARY = frozenset({"frequency", "recency", "T", "monetary_value"})
HABITS = frozenset(
    {
        *("items_per_order", "mean_days_between", "std_days_between", "revenue_90d", "revenue_prev_90d"),
        *("revenue_trend", "favourite_category", "favourite_category_share", "favourite_brand"),
        *("favourite_brand_share", "favourite_weekday", "favourite_weekday_share", "discount", "discounted_share"),
    }
)
COUNTED = BASIC | SUMMARY | HABITS


@dataclass(frozen=True)
class Day:
    """One past review: the day, and the stored results it is read from; none: counted from the purchases."""

    as_of: date
    snapshot: Snapshot | None


def replay_run(lease: Lease) -> dict[str, Any]:
    """Kind `loyalty.replay`; params: programme, snapshot, entry, stay. Writes nothing but its result."""
    params = lease.run.params
    programme = Programme.objects.get(pk=params["programme"])
    snapshot = Snapshot.objects.get(pk=params["snapshot"])
    courses = _courses(programme, params)
    names = rules.columns(*(course.entry for course in courses), *(course.stay for course in courses))
    days, skipped = _days(programme, snapshot, names)
    if len(days) < 2:
        raise JobRefused("no_past", _no_past(names))
    run_over([*courses], _tables(lease, days, names))
    found = [course.as_json() for course in courses]
    result = {
        "proposed": found[0],
        "in_force": found[1] if len(found) > 1 else None,
        "skipped": [day.isoformat() for day in skipped],
        "first_purchase_on": _first_day(),
    }
    with transaction.atomic():
        lease.guard()
        lease.complete(result)
    return result


def _courses(programme: Programme, params: dict[str, Any]) -> list[Course]:
    """The rules asked about, and those in force to compare with."""
    limits: dict[str, Any] = {"grace_days": programme.grace_days, "most_members": programme.most_members}
    asked = Course(entry=params["entry"], stay=params["stay"], **limits)
    active = active_rules(programme)
    if active is None or (active.entry, active.stay) == (asked.entry, asked.stay):
        return [asked]
    return [asked, Course(entry=active.entry, stay=active.stay, **limits)]


def _days(programme: Programme, snapshot: Snapshot, names: Sequence[str]) -> tuple[list[Day], list[date]]:
    """The days of the schedule, the earliest first, with what each is read from, and those that can't be."""
    known = list(Snapshot.objects.filter(state=Snapshot.State.PUBLISHED).exclude(path="").order_by("as_of", "pk"))
    first = _first_day()
    wanted = [day for day in days_before(programme, snapshot.as_of) if first and day.isoformat() >= first]
    is_counted = set(names) <= COUNTED
    found, skipped = [], []
    for earlier, day in zip([date.min, *wanted], wanted, strict=False):
        kept = _kept(known, earlier, day, names)
        if day == snapshot.as_of:
            found.append(Day(day, snapshot))
        elif is_counted:
            found.append(Day(day, None))
        elif kept is not None:
            found.append(Day(kept.as_of, kept))
        else:
            skipped.append(day)
    return found, skipped


def _kept(known: list[Snapshot], earlier: date, day: date, names: Sequence[str]) -> Snapshot | None:
    """The newest results of the time since the review before that hold every figure of the rules."""
    since = max(earlier, day - timedelta(days=366)) if earlier != date.min else day - timedelta(days=31)
    fitting = [each for each in known if since < each.as_of <= day and set(names) <= held_figures(each)]
    return fitting[-1] if fitting else None


def _first_day() -> str | None:
    """The first day of purchases, as text for the result."""
    pointer = CataloguePointer.objects.select_related("version").get(pk=1)
    with ledger.computing(pointer.version) as engine:
        row = engine.query("SELECT min(ordered_on) FROM lines WHERE is_purchase").fetchone()
    return row[0].isoformat() if row and row[0] else None


def _no_past(names: Sequence[str]) -> str:
    estimated = [rules.label(name) for name in names if name not in COUNTED]
    if not estimated:
        return "There is only one day to review: the purchases don't reach back to an earlier review."
    return (
        f"The past can't be replayed for {', '.join(estimated)}: only results of today are kept. Use counted figures "
        "(revenue, orders, days since the latest purchase), or ask again when there are results of several days."
    )


def _tables(lease: Lease, days: list[Day], names: Sequence[str]) -> Iterator[tuple[date, Table]]:
    pointer = CataloguePointer.objects.select_related("version").get(pk=1)
    columns = list(dict.fromkeys(["customer_key", RANKED_BY, *names]))
    with ledger.computing(pointer.version) as engine:
        for number, day in enumerate(days):
            lease.progress("Reviewing the past", number, len(days))
            if day.snapshot is not None:
                yield day.as_of, store.read_scores(day.snapshot, columns)
            else:
                yield day.as_of, counted_table(engine, day.as_of, columns)


def counted_table(engine: Engine, as_of: date, columns: Sequence[str]) -> Table:
    """Counted figures as of any day, as the results of that day would hold them; missing numbers are NaN."""
    engine.keep("asked", features.customer_features_sql("lines", as_of=as_of))
    joined = "asked"
    if set(columns) & SUMMARY:
        engine.keep("summary", features.bgnbd_summary_sql("lines", observation_period_end=as_of, unit="day"))
        joined += f" JOIN (SELECT customer_key, {', '.join(sorted(SUMMARY))} FROM summary) USING (customer_key)"
    if set(columns) & HABITS:
        engine.keep("habits", features.habits_sql("lines", as_of=as_of))
        joined += f" JOIN (SELECT customer_key, {', '.join(sorted(HABITS))} FROM habits) USING (customer_key)"
    chosen = ", ".join(f'"{name}"' for name in columns)
    found = engine.connection.execute(f"SELECT {chosen} FROM {joined} ORDER BY customer_key").fetchnumpy()
    return {name: store.plain_array(found[name]) for name in columns}
