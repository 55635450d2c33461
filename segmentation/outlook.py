"""What a snapshot says of one customer's future and how far to trust it: read from its file, put into words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from analytics.scoring import alive
from segmentation import store
from segmentation.models import Snapshot
from segmentation.registry import ModelRefused, load_model
from segmentation.wording import value_reason_text

HORIZONS = (30, 90, 180, 365)
FIGURES = ("p_alive", "expected_purchases", "clv", "clv_12m")
DAYS_PER_UNIT = {"day": 1.0, "week": 7.0}
# A curve of days for a year and a bit, of weeks for ten years, of months for longer.
MOST_STEPS = 540
STEPS = (1, 7, 30)

Ends = tuple[float, float]


@dataclass(frozen=True)
class Ahead:
    """What is expected of one customer in the next `days`, each with its ends; None where the results don't say."""

    days: int
    no_purchase: float | None
    purchases: float | None
    value: float | None
    no_purchase_ends: Ends | None
    purchases_ends: Ends | None
    value_ends: Ends | None


@dataclass(frozen=True)
class Outlook:
    """One customer's row of the scores' file; `row` is empty when it can't be read, `why` then says so."""

    snapshot: Snapshot
    row: dict[str, Any] = field(default_factory=dict)
    why: str = ""

    def interval(self, name: str) -> Ends | None:
        low, high = self.row.get(f"{name}_low"), self.row.get(f"{name}_high")
        return None if low is None or high is None else (low, high)

    def interval_reason(self, name: str) -> str:
        """Why a figure has no interval, in a sentence; "" when it has."""
        if self.interval(name) is not None:
            return ""
        if self.why:
            return self.why
        if "interval_level" not in self.snapshot.fits:
            return _("These results are from before intervals were computed: compute them again.")
        if code := self.snapshot.fits["interval_reasons"].get(name):
            return str(value_reason_text(code))
        if self.snapshot.fits["champion"] == "bg_nbd" and self.row.get("frequency", 0) == 0:
            return _(
                "The model counts one-time buyers as customers whatever they do, so there is nothing to be unsure of."
            )
        return _("The figure is so close to its limit that a range can't be told apart from it.")

    @property
    def horizons(self) -> list[Ahead]:
        """What is ahead at each horizon; empty for results from before they were computed."""
        if self.row.get("expected_purchases_30d") is None:
            return []
        return [self._ahead(days) for days in HORIZONS]

    def _ahead(self, days: int) -> Ahead:
        worth = "clv_12m" if days == 365 else f"clv_{days}d"
        names = (f"no_purchase_{days}d", f"expected_purchases_{days}d", worth)
        return Ahead(days, *(self.row[name] for name in names), *(self.interval(name) for name in names))

    @property
    def next_order(self) -> str:
        """By when the next order is as likely as not, or that none is, in a sentence; "" when nothing is known."""
        if not self.horizons:
            return ""
        day = self.row["next_order_on"]
        if day is None:
            return _("More likely than not, no further order comes within three years.")
        return _("The next order is as likely as not to have come by %(day)s.") % {"day": f"{day:%-d %B %Y}"}


def outlook_of(snapshot: Snapshot, customer_key: int) -> Outlook:
    """The customer's outlook; a damaged or missing file costs these figures and not the page."""
    try:
        return Outlook(snapshot, store.customer_row(snapshot, customer_key))
    except store.SnapshotDamaged as damage:
        return Outlook(snapshot, why=str(damage))


@dataclass(frozen=True)
class Course:
    """P(alive) on `days` (ascending); `bought` says on which of them a purchase had come since the day before.

    `why` says in a sentence why there is no course.
    """

    days: list[date] = field(default_factory=list)
    p_alive: list[float] = field(default_factory=list)
    bought: list[bool] = field(default_factory=list)
    why: str = ""


def alive_course(snapshot: Snapshot, purchase_days: Sequence[date]) -> Course:
    """How the probability of still being a customer went, from the first purchase to the day of the results.

    By the model as it is now: what would have been said then with what is known of the whole base today.
    """
    known = [day for day in purchase_days if day <= snapshot.as_of]
    if not known:
        return Course(why=_("There was no purchase by the day of the results."))
    try:
        used = load_model("purchases", snapshot=snapshot)["used"]
    except ModelRefused as refusal:
        return Course(why=str(refusal))
    if used["model"] not in alive.BUYING_MODELS:
        return Course(why=_("A simple rate is used, which says nothing about who has left."))
    offsets = [(day - known[0]).days for day in known]
    steps = _steps((snapshot.as_of - known[0]).days)
    values = alive.alive_path(used, offsets, steps, days_per_unit=DAYS_PER_UNIT[used["unit"]])
    return Course(
        days=[known[0] + timedelta(days=step) for step in steps],
        p_alive=[float(value) for value in values],
        bought=_bought(offsets, steps),
    )


def _steps(length: int) -> list[int]:
    """Days after the first purchase: the first, then equal steps that end with the last."""
    step = next((step for step in STEPS if length / step <= MOST_STEPS), STEPS[-1])
    return sorted({0, *range(length, 0, -step)})


def _bought(offsets: Sequence[int], steps: Sequence[int]) -> list[bool]:
    found, place = [], 0
    for step in steps:
        before = place
        while place < len(offsets) and offsets[place] <= step:
            place += 1
        found.append(place > before)
    return found
