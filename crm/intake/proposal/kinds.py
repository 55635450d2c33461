"""What a table is of: purchases, events, visits or customers."""

from collections.abc import Mapping

from crm.fields import KINDS
from crm.intake.profiling import ColumnProfile
from crm.intake.proposal.columns import Guess

# How much a field says about the kind; most fields (a country, a date) say nothing, for every kind may have them.
TELLING: dict[str, dict[str, float]] = {
    "transactions": {
        "order_id": 1.0,
        "quantity": 1.0,
        "unit_price": 1.0,
        "amount": 1.0,
        "discount": 0.5,
        "item_id": 0.5,
        "description": 0.3,
        "currency": 0.5,
        "ordered_at": 0.5,
    },
    "events": {
        "session_id": 1.0,
        "kind": 1.0,
        "page": 1.0,
        "occurred_at": 0.4,
        "engagement_ms": 1.0,
        "clicks": 0.5,
        "form_fill_ms": 1.0,
        "latency_ms": 1.0,
        "ajax_calls": 1.0,
        "device": 0.3,
        "os": 0.3,
        "browser": 0.3,
        "referrer": 0.3,
    },
    "sessions": {
        "converted": 1.0,
        "session_id": 0.5,
        "pages": 0.7,
        "duration": 0.7,
        "bounce_rate": 1.5,
        "exit_rate": 1.5,
        "page_value": 1.0,
        "visitor_type": 1.0,
        "device": 0.3,
        "os": 0.3,
        "browser": 0.3,
    },
    "customers": {"customer_id": 0.3, "name": 0.8, "email": 0.8, "birth_date": 1.5, "consent": 1.5, "city": 0.7},
}
PERSONAL = {"name", "email", "birth_date", "consent", "city"}
# A kind that can't do without what is missing is unlikely to be it.
INCOMPLETE = 0.3
# The runner-up this close is a question.
CLOSE = 0.85


def rate_kinds(found: Mapping[str, Mapping[str, Guess]], profiles: Mapping[str, ColumnProfile]) -> dict[str, float]:
    """How much speaks for each kind, given the fields that each would find in the table."""
    return {kind: _rate(kind, guesses, profiles) for kind, guesses in found.items()}


def _rate(kind: str, guesses: Mapping[str, Guess], profiles: Mapping[str, ColumnProfile]) -> float:
    told = sum(weight * guesses[name].score for name, weight in TELLING[kind].items() if name in guesses)
    # What nothing speaks for is taken for purchases.
    score = told + (0.1 if kind == "transactions" else 0.0)
    if list(KINDS[kind].missing(guesses)):
        score *= INCOMPLETE
    return score * _by_values(kind, guesses, profiles)


def _by_values(kind: str, guesses: Mapping[str, Guess], profiles: Mapping[str, ColumnProfile]) -> float:
    """What the values say to it: one line a customer, one line a visit, words of events."""

    def profile(name: str) -> ColumnProfile | None:
        return profiles[guesses[name].column] if name in guesses else None

    customer, session, event = profile("customer_id"), profile("session_id"), profile("kind")
    if kind == "customers":
        is_one_each = customer is not None and (customer.is_unique or customer.filled < 2)
        # An id alone says nothing of a person.
        return (1.0 if is_one_each else 0.2) * (1.0 if PERSONAL & guesses.keys() else 0.1)
    if kind == "events":
        return (0.4 if session is not None and session.is_unique else 1.0) * (
            1.5 if event is not None and event.mostly("event", 0.8) else 1.0
        )
    if kind == "sessions" and session is not None and session.filled:
        return 1.5 if session.is_unique else 0.3
    return 1.0


def choose_kind(rates: Mapping[str, float]) -> tuple[str, str]:
    """The kind with most to say for it, and the one that is so close that somebody has to say (or "")."""
    best, second = sorted(rates, key=lambda kind: -rates[kind])[:2]
    return best, second if rates[best] and rates[second] >= CLOSE * rates[best] else ""


def kind_reason(kind: str, guesses: Mapping[str, Guess]) -> str:
    labels = [str(field.label).lower() for field in KINDS[kind].fields if field.name in guesses]
    told = [label for label in labels if label][:4]
    return f"It has columns for: {', '.join(told)}." if told else "No column says what kind of table it is."
