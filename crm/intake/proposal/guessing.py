"""What a column may be by its values alone. A guess never reaches certainty: a person is asked."""

from collections.abc import Callable, Iterator

from crm.intake.profiling import ColumnProfile
from crm.intake.proposal.relating import Relations

Profiles = dict[str, ColumnProfile]
# Score, field, column, reason.
Found = tuple[float, str, str, str]


def guesses(kind: str, profiles: Profiles, has: set[str], related: Relations) -> Iterator[Found]:
    """Guesses for fields that no name told, among columns whose names say nothing."""
    for score, name, column, reason in GUESSERS[kind](profiles, related):
        if name not in has:
            yield score, name, column, reason


def _times(profiles: Profiles, name: str) -> Iterator[Found]:
    dates = [profile for profile in profiles.values() if profile.mostly("date")]
    # Among several, the one with the time of day, or with more different days, is when it happened.
    dates.sort(key=lambda profile: (profile.share("clock"), profile.distinct), reverse=True)
    for place, profile in enumerate(dates[:1]):
        only = len(dates) == 1
        reason = "The only column with dates." if only else "The most detailed of the columns with dates."
        yield (0.8 if only else 0.6) - place / 10, name, profile.name, reason


def _labels(profiles: Profiles, **fields: str) -> Iterator[Found]:
    """Columns whose values are of one well-known kind."""
    sentences = {
        "email": "The values are e-mail addresses.",
        "country": "The values are countries.",
        "currency": "The values are codes of currencies.",
        "event": "The values are words such as view and purchase.",
        "address": "The values are addresses of pages.",
        "flag": "The values are yes or no.",
    }
    for test, name in fields.items():
        for profile in profiles.values():
            if profile.mostly(test) and not (test == "country" and profile.mostly("currency")):
                yield 0.75, name, profile.name, sentences[test]


def _transactions(profiles: Profiles, related: Relations) -> Iterator[Found]:
    yield from _times(profiles, "ordered_at")
    yield from _labels(profiles, email="customer_id", country="country", currency="currency")
    yield from _orders(profiles, related)
    yield from _money(profiles, related)
    for profile in profiles.values():
        if profile.share("spaced") > 0.6 and profile.length >= 10 and profile.share("date") < 0.5:
            yield 0.5, "description", profile.name, "The values are words."


def _orders(profiles: Profiles, related: Relations) -> Iterator[Found]:
    """Ids that repeat: an order has one customer, a customer has several orders."""
    ids = [
        profile
        for profile in profiles.values()
        if profile.is_id_like and not profile.mostly("country") and not profile.mostly("currency")
    ]
    ids.sort(key=lambda profile: profile.distinct, reverse=True)
    for order in ids[:4]:
        for customer in ids[:4]:
            is_fewer = customer.distinct < min(order.distinct, customer.filled)
            if is_fewer and related.determines(order.name, customer.name):
                yield 0.65, "order_id", order.name, f"Each value goes with one “{customer.name}”, as orders do."
                yield 0.65, "customer_id", customer.name, f"Each “{order.name}” has one of these."
                return
    repeating = [
        profile for profile in ids if profile.distinct < 0.9 * profile.filled and not profile.share("negative")
    ]
    for profile in repeating[:1]:
        yield 0.5, "customer_id", profile.name, "Numbers or codes that repeat, as customers do."


def _money(profiles: Profiles, related: Relations) -> Iterator[Found]:
    numbers = [profile for profile in profiles.values() if profile.mostly("number") and not profile.mostly("date", 0.5)]
    wholes = [profile.name for profile in numbers if _is_quantity(profile)]
    money = [profile.name for profile in numbers if profile.share("decimals") - profile.share("point_zero") >= 0.3]
    for quantity, price, amount in related.products(wholes, money):
        yield 0.85, "quantity", quantity, f"Times “{price}” it is “{amount}”."
        yield 0.85, "unit_price", price, f"Times “{quantity}” it is “{amount}”."
        yield 0.85, "amount", amount, f"It is “{quantity}” times “{price}”."
        return
    for name in money[:1]:
        reason = "The only column with decimals." if len(money) == 1 else "Numbers with decimals."
        yield 0.6, "unit_price" if wholes else "amount", name, reason
    for name in wholes[:1]:
        yield 0.6, "quantity", name, "Small whole numbers."


def _is_quantity(profile: ColumnProfile) -> bool:
    largest = max(abs(profile.smallest or 0), abs(profile.largest or 0))
    return profile.mostly("whole") and largest <= 100_000 and profile.distinct < 0.5 * profile.filled + 5


def _events(profiles: Profiles, related: Relations) -> Iterator[Found]:
    yield from _times(profiles, "occurred_at")
    yield from _labels(profiles, event="kind", address="page", country="country")
    ids = sorted(
        (profile for profile in profiles.values() if profile.is_id_like and profile.distinct < profile.filled),
        key=lambda profile: (profile.share("whole"), -profile.length),
    )
    for profile in ids[:1]:
        yield 0.5, "session_id", profile.name, "Codes that repeat, as visits do."


def _sessions(profiles: Profiles, related: Relations) -> Iterator[Found]:
    yield from _times(profiles, "started_at")
    flags = [profile for profile in profiles.values() if profile.mostly("flag") and profile.distinct == 2]
    for profile in flags[:1] if len(flags) == 1 else ():
        yield 0.6, "converted", profile.name, "The only column with yes and no."


def _customers(profiles: Profiles, related: Relations) -> Iterator[Found]:
    yield from _labels(profiles, email="email", country="country")
    for profile in profiles.values():
        if profile.is_unique and profile.is_id_like and not profile.mostly("email"):
            yield 0.7, "customer_id", profile.name, "Every line has its own."
            return


GUESSERS: dict[str, Callable[[Profiles, Relations], Iterator[Found]]] = {
    "transactions": _transactions,
    "events": _events,
    "sessions": _sessions,
    "customers": _customers,
}
