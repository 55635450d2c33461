"""Which items go together, and what customers buy next: item to item on the order of first purchases. SQL texts.

The idea of item-to-item suggestions is Linden, Smith and York (2003); support, confidence and lift are those of
Agrawal, Imielinski and Swami (1993) and Brin et al. (1997), with customers in place of baskets. What is added is time:
a customer stands *at risk* of buying `other` from the day they first bought `item`, unless they had `other` already,
and is watched for a fixed number of days. Only customers who could be watched that long are counted, so that the newest
don't look as if nothing ever followed.

The first three texts run over the ledger on any engine; the others run in DuckDB over the tables those were kept in.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from analytics.features.parts import MONEY, literal

# So many standard errors below the share that was seen lies the bound by which pairs are ranked. Millions of pairs are
# looked at: at two standard errors tens of thousands would stand out by chance, at this many about three of a million.
Z = 4.5


@dataclass(frozen=True)
class Limits:
    """What bounds the cost, and what is too rare to be told.

    `within`: days after the first purchase of an item in which a next one counts. `support`: customers behind a pair,
    at least. `items`: the items of most buyers that are looked at. `of_one`: customers who bought more different items
    than this are left out, for resellers tell little of other people and their pairs grow with the square. `pairs`:
    of more pairs a sample of the customers is taken. `per_item`: next items kept for each. `latest`: so many of a
    customer's latest items speak for what comes next. `suggestions`: for each customer.
    """

    within: int = 90
    support: int = 5
    items: int = 2_000
    of_one: int = 200
    pairs: int = 60_000_000
    per_item: int = 10
    latest: int = 10
    suggestions: int = 3


def first_purchases_sql(lines: str, *, as_of: date) -> str:
    """Rows `customer_key, item_id, first_on, latest_on`: each identified customer's goods up to `as_of`."""
    return f"""
SELECT customer_key, item_id, MIN(ordered_on) AS first_on, MAX(ordered_on) AS latest_on
FROM {lines} WHERE {_bought(as_of)} GROUP BY customer_key, item_id
""".strip()


def item_names_sql(lines: str, *, as_of: date) -> str:
    """Rows `item_id, description, times, amount`: how often an item was sold under a name, and for how much."""
    return f"""
SELECT item_id, description, COUNT(*) AS times, CAST(SUM(amount) AS {MONEY}) AS amount
FROM {lines} WHERE {_bought(as_of)} GROUP BY item_id, description
""".strip()


def returned_sql(lines: str, *, as_of: date, days: int = 365) -> str:
    """Rows `customer_key, item_id, returned`: money given back for goods in the last `days`; positive, exact.

    What was cancelled whole on the day it was bought is left out: a slip of the hand, nothing that came back.
    """
    since = literal(as_of - timedelta(days=days))
    then = f"{_named()} AND ordered_on > {since} AND ordered_on <= {literal(as_of)}"
    return f"""
SELECT back.customer_key, back.item_id, CAST(SUM(-back.amount) AS {MONEY}) AS returned
FROM (SELECT customer_key, item_id, ordered_on, amount FROM {lines} WHERE amount < 0 AND {then}) AS back
LEFT JOIN (
    SELECT DISTINCT customer_key, item_id, ordered_on, amount FROM {lines} WHERE amount > 0 AND {then}
) AS sale ON sale.customer_key = back.customer_key AND sale.item_id = back.item_id
    AND sale.ordered_on = back.ordered_on AND sale.amount = -back.amount
WHERE sale.amount IS NULL
GROUP BY back.customer_key, back.item_id
""".strip()


def _bought(as_of: date) -> str:
    return f"is_purchase AND {_named()} AND ordered_on <= {literal(as_of)}"


def _named() -> str:
    return "customer_key IS NOT NULL AND item_id IS NOT NULL AND COALESCE(is_merchandise, TRUE)"


def items_sql(first: str, names: str, limits: Limits) -> str:
    """Rows `number, item_id, name, price, buyers`: the items looked at, those of most buyers first.

    `name` is the commonest description, `price` the mean money of a line of it.
    """
    return f"""
SELECT CAST(ROW_NUMBER() OVER (ORDER BY buyers DESC, item_id) AS INTEGER) AS number, item_id,
    COALESCE(name, item_id) AS name, price, buyers
FROM (SELECT item_id, COUNT(*) AS buyers FROM {first} GROUP BY item_id) JOIN (
    SELECT item_id, ARG_MAX(description, (times, description)) AS name,
        CAST(SUM(amount) AS DOUBLE) / SUM(times) AS price
    FROM {names} GROUP BY item_id
) USING (item_id)
WHERE buyers >= {limits.support} ORDER BY number LIMIT {limits.items}
""".strip()


def buys_sql(first: str, items: str, limits: Limits) -> str:
    """Rows `customer_key, number, first_on, latest_on` of the items looked at, without who bought too many of them."""
    return f"""
SELECT customer_key, number, first_on, latest_on FROM {first} JOIN {items} USING (item_id)
QUALIFY COUNT(*) OVER (PARTITION BY customer_key) <= {limits.of_one}
""".strip()


def size_sql(buys: str) -> str:
    """One row `pairs, customers`: how many pairs of one customer's items there are, and of how many customers."""
    return f"""
SELECT COALESCE(SUM(bought * (bought - 1)), 0) AS pairs, COUNT(*) AS customers
FROM (SELECT COUNT(*) AS bought FROM {buys} GROUP BY customer_key)
""".strip()


def sampled_sql(buys: str, share: float) -> str:
    """The rows of this share of the customers, always the same ones; in thousandths, and never none."""
    kept = max(1, int(share * 1_000))
    return f"SELECT * FROM {buys} WHERE (customer_key * 48271) % 2147483647 % 1000 < {kept}"


def counted_sql(buys: str, *, as_of: date, limits: Limits) -> str:
    """Rows `number, other, together, had, followed`, one a pair that any customer bought, in either direction.

    `together` bought the two. Of those who first bought `number` so long ago that they could be watched, `had` bought
    `other` by that day, and `followed` bought it later and within the limit.
    """
    is_watched = f"one.first_on <= {_watched_until(as_of, limits)}"
    after = f"two.first_on > one.first_on AND two.first_on <= one.first_on + {limits.within}"
    return f"""
SELECT one.number, two.number AS other, COUNT(*) AS together,
    COUNT(*) FILTER ({is_watched} AND two.first_on <= one.first_on) AS had,
    COUNT(*) FILTER ({is_watched} AND {after}) AS followed
FROM {buys} AS one JOIN {buys} AS two ON one.customer_key = two.customer_key AND one.number <> two.number
GROUP BY one.number, two.number
""".strip()


def pairs_sql(buys: str, counted: str, *, as_of: date, limits: Limits) -> str:
    """Rows of the pairs worth telling, best first within an item.

    `number, other, place, together, buyers, other_buyers, confidence, lift, at_risk, followed, share, base, next_lift,
    low`.

    `confidence` = together / buyers and `lift` = confidence / share of all customers who bought `other`, whenever each
    was. `share` = followed / at_risk; `base` is the same share after *any* item, `next_lift` their ratio; `low` is
    a lower bound of the share, see `low_sql`. Kept where `followed` reaches the support and `low` lies
    above `base`: what everybody buys sooner or later is no suggestion.
    """
    watched = _watched_until(as_of, limits)
    return f"""
WITH heads AS (
    SELECT number, COUNT(*) AS buyers, COUNT(*) FILTER (first_on <= {watched}) AS watched FROM {buys} GROUP BY number
),
whole AS (SELECT COUNT(DISTINCT customer_key) AS customers FROM {buys}),
sums AS (SELECT other AS number, SUM(had) AS had, SUM(followed) AS followed FROM {counted} GROUP BY other),
bases AS (
    SELECT number, followed / NULLIF((SELECT SUM(watched) FROM heads) - watched - had, 0) AS base
    FROM sums JOIN heads USING (number)
),
told AS (
    SELECT pair.number, other, together, head.buyers, tail.buyers AS other_buyers, together / head.buyers AS confidence,
        together * customers / (head.buyers * tail.buyers) AS lift, head.watched - had AS at_risk, followed,
        followed / (head.watched - had) AS share, base, {low_sql("followed", "(head.watched - had)")} AS low
    FROM {counted} AS pair JOIN heads AS head ON pair.number = head.number
        JOIN heads AS tail ON pair.other = tail.number JOIN bases ON pair.other = bases.number, whole
    WHERE followed >= {limits.support}
)
SELECT number, other, CAST(ROW_NUMBER() OVER (PARTITION BY number ORDER BY low DESC, other) AS INTEGER) AS place,
    together, buyers, other_buyers, confidence, lift, at_risk, followed, share, base, share / base AS next_lift, low
FROM told WHERE low > base QUALIFY place <= {limits.per_item} ORDER BY number, place
""".strip()


def suggestions_sql(first: str, items: str, pairs: str, *, limits: Limits, part: int = 0, parts: int = 1) -> str:
    """Rows `customer_key, place, number, other`: what each customer may like next, and which of their items says so.

    The customer's latest items speak, each for the next items kept with it; what the customer has is left out, and of
    several items that speak for one the surest is named. Customers whose key leaves `part` when divided by `parts`.
    """
    return f"""
WITH mine AS (
    SELECT customer_key, number, latest_on FROM {first} JOIN {items} USING (item_id)
    WHERE customer_key % {parts} = {part}
),
latest AS (
    SELECT customer_key, number FROM mine
    QUALIFY ROW_NUMBER() OVER (PARTITION BY customer_key ORDER BY latest_on DESC, number) <= {limits.latest}
),
chosen AS (
    SELECT customer_key, pair.other, MAX(low) AS low, ARG_MAX(pair.number, (low, -pair.number)) AS number
    FROM latest JOIN {pairs} AS pair ON latest.number = pair.number
    WHERE (customer_key, pair.other) NOT IN (SELECT (customer_key, number) FROM mine)
    GROUP BY customer_key, pair.other
)
SELECT customer_key, CAST(ROW_NUMBER() OVER (PARTITION BY customer_key ORDER BY low DESC, other) AS INTEGER) AS place,
    number, other
FROM chosen QUALIFY place <= {limits.suggestions} ORDER BY customer_key, place
""".strip()


def low_sql(successes: str, trials: str) -> str:
    """A lower bound of a share, Z standard errors below it on the arcsine scale (Anscombe 1948), as an SQL expression.

    On that scale the error hardly depends on the share. Wilson's bound is far too hopeful this deep in the tail: of
    pairs that five customers bought by chance it would let hundreds of a million pass. Meant for shares up to a half.
    """
    return f"POW(SIN(GREATEST(ASIN(SQRT({successes} / {trials})) - {Z} / (2 * SQRT({trials})), 0)), 2)"


def _watched_until(as_of: date, limits: Limits) -> str:
    return literal(as_of - timedelta(days=limits.within))
