"""How long an import will still take, as far as its progress can tell."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.models import Run

# Stage -> how much of an import's time has passed when it begins, and how much it takes. Measured on a file of ten
# million lines (83 seconds: reading and checking 29, counting 10, customers 8, writing 33); smaller ones are over
# before anybody asks.
STAGES = {
    "Reading the text": (0.0, 0.02),
    "Reading and checking the lines": (0.02, 0.35),
    "Finding the customers": (0.49, 0.1),
    "Writing the ledger": (0.59, 0.39),
    "Publishing": (0.98, 0.02),
}
# Before this much of the work and of the time has passed, an estimate would be a guess.
LEAST_DONE = 0.08
LEAST_SECONDS = 3.0


def seconds_left(run: Run, now: datetime) -> float | None:
    """None where it can't be told: too early, an unknown stage, or an attempt that began anew."""
    place = STAGES.get(run.stage)
    if place is None or run.started_at is None or run.attempts != 1 or run.state != Run.State.RUNNING:
        return None
    begin, width = place
    within = min(run.progress_done / run.progress_total, 1.0) if run.progress_total else 0.0
    done, elapsed = begin + width * within, (now - run.started_at).total_seconds()
    if done < LEAST_DONE or elapsed < LEAST_SECONDS:
        return None
    return elapsed * (1 - done) / done


def time_left(run: Run | None, now: datetime) -> str:
    """The estimate in words, rounded as an estimate is; empty where there is none."""
    seconds = seconds_left(run, now) if run is not None else None
    if seconds is None:
        return ""
    if seconds < 10:
        return _("A few seconds left")
    if seconds < 50:
        return _("About %(count)d seconds left") % {"count": round(seconds / 10) * 10}
    minutes = max(round(seconds / 60), 1)
    return ngettext("About %(count)d minute left", "About %(count)d minutes left", minutes) % {"count": minutes}
