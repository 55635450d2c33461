"""Pairs of items against loops over every customer, and that what everybody buys is no suggestion."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from math import asin, sin, sqrt
from typing import Any

import duckdb
import pytest
import sqlglot
from scipy.stats import binom, norm

from analytics import affinity
from analytics.affinity import Limits
from crm.ledger.engines.translating import spark_sql
from tests.analytics.ledger import Line, create_lines

pytestmark = pytest.mark.any_world
AS_OF = date(2025, 6, 30)
SMALL = Limits(within=60, support=2, per_item=100, latest=4, suggestions=3)
Buys = dict[int, dict[str, date]]


def shop(seed: int = 1, customers: int = 300) -> list[Line]:
    """Items A to H by chance; who bought A often buys B some weeks later."""
    generator = random.Random(seed)
    lines = []
    for key in range(1, customers + 1):
        for item in "ABCDEFGH":
            if generator.random() < 0.35:
                on = AS_OF - timedelta(days=generator.randrange(400))
                lines.append(Line(key, f"{key}-{item}", on, f"{generator.randrange(5, 50)}", item_id=item))
                if item == "A" and generator.random() < 0.6:
                    then = on + timedelta(days=generator.randrange(5, 50))
                    lines.append(Line(key, f"{key}-then", then, "20", item_id="B"))
    return lines


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def prepared(lines: Sequence[Line], limits: Limits) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_lines(connection, "lines", lines)
    for name, sql in (
        ("first", affinity.first_purchases_sql("lines", as_of=AS_OF)),
        ("names", affinity.item_names_sql("lines", as_of=AS_OF)),
        ("items", affinity.items_sql("first", "names", limits)),
        ("buys", affinity.buys_sql("first", "items", limits)),
        ("counted", affinity.counted_sql("buys", as_of=AS_OF, limits=limits)),
        ("pairs", affinity.pairs_sql("buys", "counted", as_of=AS_OF, limits=limits)),
    ):
        connection.execute(f"CREATE TABLE {name} AS {sql}")
    return connection


def first_days(lines: Sequence[Line]) -> Buys:
    found: Buys = {}
    for line in lines:
        if line.customer_key is None or line.item_id is None or not line.is_purchase or line.ordered_on > AS_OF:
            continue
        mine = found.setdefault(line.customer_key, {})
        mine[line.item_id] = min(mine.get(line.item_id, line.ordered_on), line.ordered_on)
    return found


def by_hand(buys: Buys, item: str, other: str, limits: Limits) -> dict[str, float]:
    """The figures of one pair, customer by customer."""
    until = AS_OF - timedelta(days=limits.within)
    both = sum(item in mine and other in mine for mine in buys.values())
    buyers = sum(item in mine for mine in buys.values())
    others = sum(other in mine for mine in buys.values())
    at_risk, followed = stood(buys, item, other, until, limits)
    risks, follows = 0, 0
    for head in {name for mine in buys.values() for name in mine} - {other}:
        some, more = stood(buys, head, other, until, limits)
        risks, follows = risks + some, follows + more
    customers = sum(bool(mine) for mine in buys.values())
    low = sin(max(asin(sqrt(followed / at_risk)) - affinity.Z / 2 / sqrt(at_risk), 0)) ** 2 if at_risk else 0
    return {
        "together": both,
        "confidence": both / buyers,
        "lift": both * customers / (buyers * others),
        "at_risk": at_risk,
        "followed": followed,
        "base": follows / risks,
        "low": low,
    }


def stood(buys: Buys, item: str, other: str, until: date, limits: Limits) -> tuple[int, int]:
    at_risk = followed = 0
    for mine in buys.values():
        start, then = mine.get(item), mine.get(other)
        if start is None or start > until or (then is not None and then <= start):
            continue
        at_risk += 1
        followed += then is not None and then <= start + timedelta(days=limits.within)
    return at_risk, followed


def test_every_pair_is_what_a_loop_over_the_customers_counts() -> None:
    lines = shop()
    buys = first_days(lines)
    with prepared(lines, SMALL) as connection:
        names = dict(connection.execute("SELECT number, item_id FROM items").fetchall())
        found = {(names[row["number"]], names[row["other"]]): row for row in rows(connection, "FROM pairs")}
    expected = {}
    for item in "ABCDEFGH":
        for other in set("ABCDEFGH") - {item}:
            figures = by_hand(buys, item, other, SMALL)
            if figures["followed"] >= SMALL.support and figures["low"] > figures["base"]:
                expected[item, other] = figures
    assert set(found) == set(expected)
    assert ("A", "B") in found
    for pair, figures in expected.items():
        assert {name: found[pair][name] for name in figures} == pytest.approx(figures, rel=1e-12)


def test_what_follows_by_chance_alone_is_not_told() -> None:
    """Without the habit planted in `shop`, the bound keeps pairs away: far fewer than the 56 that there are."""
    lines = [line for line in shop(seed=7, customers=600) if not line.order_key.endswith("-then")]
    with prepared(lines, SMALL) as connection:
        assert len(rows(connection, "FROM pairs")) <= 1


SEEN = [(some, trials) for some in (5, 8, 20, 45) for trials in (10, 100, 1_000, 100_000) if some <= trials / 2]


@pytest.mark.parametrize(("successes", "trials"), SEEN)
def test_the_bound_is_as_careful_as_the_exact_binomial(successes: int, trials: int) -> None:
    """Where the true share is the bound, so many or more are as rare as Z standard errors promise. To a half."""
    with duckdb.connect() as connection:
        [(low,)] = connection.execute(f"SELECT {affinity.low_sql(str(successes), str(trials))}").fetchall()
    assert 0 <= low < successes / trials
    assert binom.sf(successes - 1, trials, low) <= 3 * norm.sf(affinity.Z)


def test_suggestions_are_new_to_the_customer_and_named_by_the_surest_item() -> None:
    lines = shop()
    buys = first_days(lines)
    with prepared(lines, SMALL) as connection:
        names = dict(connection.execute("SELECT number, item_id FROM items").fetchall())
        pairs = {(names[row["number"]], names[row["other"]]): row["low"] for row in rows(connection, "FROM pairs")}
        whole = rows(connection, affinity.suggestions_sql("first", "items", "pairs", limits=SMALL))
        parts = [
            row
            for part in range(3)
            for row in rows(
                connection, affinity.suggestions_sql("first", "items", "pairs", limits=SMALL, part=part, parts=3)
            )
        ]
    assert sorted(map(str, whole)) == sorted(map(str, parts))
    assert whole
    for row in whole:
        item, other = names[row["number"]], names[row["other"]]
        assert item in buys[row["customer_key"]]
        assert other not in buys[row["customer_key"]]
        assert (item, other) in pairs
    wanting = {key for key, mine in buys.items() if mine and "B" not in mine and set(mine) == {"A"}}
    assert wanting
    assert wanting <= {row["customer_key"] for row in whole if names[row["other"]] == "B"}


def test_resellers_and_rare_items_are_left_out() -> None:
    lines = [*shop(), Line(999, "x", AS_OF, "1", item_id="RARE")]
    lines += [Line(1_000, "all", AS_OF - timedelta(days=300), "1", item_id=item) for item in "ABCDEFGH"]
    with prepared(lines, replace(SMALL, of_one=7)) as connection:
        assert connection.execute("SELECT count(*) FROM items WHERE item_id = 'RARE'").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM buys WHERE customer_key = 1000").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM items").fetchone() == (8,)


def test_a_sample_keeps_about_its_share_and_whole_customers() -> None:
    with prepared(shop(customers=1_000), SMALL) as connection:
        [size] = rows(connection, affinity.size_sql("buys"))
        connection.execute(f"CREATE TABLE kept AS {affinity.sampled_sql('buys', 0.3)}")
        [part] = rows(connection, affinity.size_sql("kept"))
        torn = "SELECT count(*) FROM buys WHERE customer_key IN (SELECT customer_key FROM kept)"
        assert connection.execute(torn).fetchone() == connection.execute("SELECT count(*) FROM kept").fetchone()
    assert size["customers"] * 0.22 < part["customers"] < size["customers"] * 0.38


def test_no_lines_no_pairs() -> None:
    with prepared([], SMALL) as connection:
        assert rows(connection, "FROM pairs") == []
        assert rows(connection, affinity.suggestions_sql("first", "items", "pairs", limits=SMALL)) == []
        assert rows(connection, affinity.size_sql("buys")) == [{"pairs": 0, "customers": 0}]


def test_returns_are_counted_by_item_and_only_of_the_last_year() -> None:
    day = AS_OF - timedelta(days=10)
    lines = [
        Line(1, "a", day, "50", item_id="A"),
        Line(1, "b", day, "-20", item_id="A"),
        Line(1, "c", day, "-5.5", item_id="A"),
        Line(2, "d", AS_OF - timedelta(days=365), "-9", item_id="A"),
        Line(2, "e", day, "-7", item_id="POST", is_merchandise=False),
        Line(None, "f", day, "-7", item_id="A"),
        # Mistyped and cancelled on the same day, though by another order.
        Line(3, "g", day, "77183.60", item_id="B"),
        Line(3, "h", day, "-77183.60", item_id="B"),
    ]
    with duckdb.connect() as connection:
        create_lines(connection, "lines", lines)
        found = rows(connection, affinity.returned_sql("lines", as_of=AS_OF))
    assert [(row["customer_key"], row["item_id"], float(row["returned"])) for row in found] == [(1, "A", 25.5)]


@pytest.mark.parametrize("text", [affinity.first_purchases_sql, affinity.item_names_sql, affinity.returned_sql])
def test_what_reads_the_ledger_says_the_same_on_the_way_to_spark_and_back(text: Callable[..., str]) -> None:
    ours = text("lines", as_of=AS_OF)
    (back,) = sqlglot.transpile(spark_sql(ours), read="spark", write="duckdb")
    returned = Line(3, "back", AS_OF - timedelta(days=9), "-4.5", item_id="C")
    with duckdb.connect() as connection:
        create_lines(connection, "lines", [*shop(customers=40), returned])
        found, again = (sorted(map(str, rows(connection, sql))) for sql in (ours, back))
    assert found
    assert again == found
