"""For whom a review makes an exception: read from the tables, kept with the review, and read back."""

from datetime import date
from typing import Any

from loyalty.evaluation import Exceptions
from loyalty.experiments import standing_controls
from loyalty.models import Assignment, Pin, Programme, Review

NAMES = ("pinned_in", "pinned_out", "controls")


def exceptions_of(programme: Programme, as_of: date) -> Exceptions:
    """Whom people have pinned, as far as results of this day heed it, and whom the running experiment holds back."""
    pairs = list(programme.pins.counting(as_of).values_list("customer_id", "kind"))
    return Exceptions(
        pinned_in=frozenset(key for key, kind in pairs if kind == Pin.Kind.IN),
        pinned_out=frozenset(key for key, kind in pairs if kind == Pin.Kind.OUT),
        controls=standing_controls(programme),
    )


def as_json(exceptions: Exceptions) -> dict[str, list[int]]:
    """What a review keeps of them, so that it can be recomputed."""
    return {name: sorted(found) for name in NAMES if (found := getattr(exceptions, name))}


def exceptions_at(review: Review) -> Exceptions:
    """Those that a review was made with."""
    kept: dict[str, Any] = review.exceptions
    return Exceptions(**{name: frozenset(kept.get(name, ())) for name in NAMES})


def are_pins_changed(review: Review, programme: Programme) -> bool:
    """Whether people have pinned or unpinned anybody since the review was made."""
    then, now = exceptions_at(review), exceptions_of(programme, review.snapshot.as_of)
    return (then.pinned_in, then.pinned_out) != (now.pinned_in, now.pinned_out)


def is_anybody_released(review: Review, programme: Programme) -> bool:
    """Whether somebody whom an experiment held back in this review, or by its draw, is free to join now."""
    drawn = Assignment.objects.filter(draw__review=review, arm=Assignment.Arm.CONTROL)
    held = exceptions_at(review).controls | frozenset(drawn.values_list("customer_id", flat=True))
    return bool(held - standing_controls(programme))


def pin_details(programme: Programme) -> dict[int, dict[str, Any]]:
    """By customer, what the book keeps of a pin: which way, why and until when."""
    return {pin.customer_id: detail_of_pin(pin) for pin in programme.pins.filter(ended_at__isnull=True)}


def detail_of_pin(pin: Pin) -> dict[str, Any]:
    until = pin.ends_on.isoformat() if pin.ends_on else None
    return {"pin": pin.pk, "kind": pin.kind, "reason": pin.reason, "until": until}
