"""Counting what customers of some results buy together and next."""

from typing import Any

import numpy as np
from django.utils import timezone

from analytics import affinity
from analytics.affinity import Limits
from analytics.recommending import behind_most
from core.runs import Lease
from crm import ledger
from loyalty import affinity_store
from loyalty.models import Affinity
from segmentation.models import Snapshot

LIMITS = Limits()
SHOWN_PAIRS = 12
# Suggestions are worked out for so many customers at a time, so that memory stays bounded.
CUSTOMERS_AT_ONCE = 100_000
PAIR_ROWS = """
    SELECT one.item_id, one.name, two.item_id AS next_item_id, two.name AS next_name, two.price AS next_price,
        pair.place, together, pair.buyers, other_buyers, confidence, lift, at_risk, followed, share, base, next_lift,
        low
    FROM pairs AS pair JOIN items AS one ON pair.number = one.number JOIN items AS two ON pair.other = two.number
    ORDER BY one.item_id, pair.place
"""
NEXT_ROWS = """
    SELECT customer_key, chosen.place, two.item_id, two.name, two.price, one.item_id AS because_id,
        one.name AS because, followed, at_risk, share, base
    FROM chosen JOIN pairs AS pair ON chosen.number = pair.number AND chosen.other = pair.other
        JOIN items AS one ON chosen.number = one.number JOIN items AS two ON chosen.other = two.number
    ORDER BY customer_key, chosen.place
"""


def make_affinity(lease: Lease, snapshot: Snapshot, limits: Limits = LIMITS) -> Affinity:
    """The row with its files, not saved yet."""
    with ledger.computing(snapshot.catalogue_version) as engine:
        lease.progress("Counting what is bought together")
        size = _keep_pairs(engine, snapshot, limits)
        lease.progress("Finding next items for each customer")
        _keep_suggestions(engine, limits, size["customers"])
        mark = f"{affinity_store.FOLDER}/{snapshot.pk}-{lease.token}"
        pairs = affinity_store.write_rows(engine.connection, PAIR_ROWS, f"{mark}-pairs.parquet")
        following = affinity_store.write_rows(engine.connection, NEXT_ROWS, f"{mark}-next.parquet")
        content = {**size, "within": limits.within, "top": _surest(engine), "returns": _returns(engine)}
    return Affinity(
        snapshot=snapshot,
        pairs_path=pairs[0],
        pairs_sha256=pairs[1],
        next_path=following[0],
        next_sha256=following[1],
        content=content,
        created_at=timezone.now(),
    )


def _keep_pairs(engine: ledger.Engine, snapshot: Snapshot, limits: Limits) -> dict[str, Any]:
    """Make the tables `first_buys, items, returned, pairs`; returns how many customers and items were looked at."""
    as_of, connection = snapshot.as_of, engine.connection
    engine.keep("first_buys", affinity.first_purchases_sql("lines", as_of=as_of))
    engine.keep("item_names", affinity.item_names_sql("lines", as_of=as_of))
    engine.keep("returned", affinity.returned_sql("lines", as_of=as_of))
    _table(engine, "items", affinity.items_sql("first_buys", "item_names", limits))
    _table(engine, "all_buys", affinity.buys_sql("first_buys", "items", limits))
    [(pairs, customers)] = connection.execute(affinity.size_sql("all_buys")).fetchall()
    share = min(1.0, limits.pairs / pairs) if pairs else 1.0
    _table(engine, "buys", affinity.sampled_sql("all_buys", share) if share < 1 else "FROM all_buys")
    _table(engine, "counted", affinity.counted_sql("buys", as_of=as_of, limits=limits))
    _table(engine, "pairs", affinity.pairs_sql("buys", "counted", as_of=as_of, limits=limits))
    found = connection.execute(
        "SELECT (SELECT count(DISTINCT customer_key) FROM buys), (SELECT count(*) FROM items), count(*) FROM pairs"
    ).fetchall()
    looked_at, items, told = found[0]
    return {"customers": int(customers), "looked_at": int(looked_at), "items": int(items), "pairs": int(told)}


def _keep_suggestions(engine: ledger.Engine, limits: Limits, customers: int) -> None:
    """Make the table `chosen`, a part of the customers at a time."""
    parts = 1 + customers // CUSTOMERS_AT_ONCE
    for part in range(parts):
        sql = affinity.suggestions_sql("first_buys", "items", "pairs", limits=limits, part=part, parts=parts)
        if part == 0:
            _table(engine, "chosen", sql)
        else:
            engine.connection.execute(f"INSERT INTO chosen {sql}")


def _surest(engine: ledger.Engine) -> list[dict[str, Any]]:
    """The pairs that pages show: the best next item of an item, by how sure it is."""
    cursor = engine.connection.execute(
        f"SELECT * FROM ({PAIR_ROWS}) WHERE place = 1 ORDER BY low DESC LIMIT {SHOWN_PAIRS}"
    )
    names = [column[0] for column in cursor.description or []]
    return [
        {name: round(value, 6) if isinstance(value, float) else value for name, value in zip(names, row, strict=True)}
        for row in cursor.fetchall()
    ]


def _returns(engine: ledger.Engine) -> dict[str, Any]:
    """The products behind most of the money sent back in 12 months."""
    found = engine.connection.execute(
        """SELECT item_id, arg_max(description, (times, description)) AS name, any_value(returned)
        FROM (SELECT item_id, sum(returned) AS returned FROM returned GROUP BY item_id)
            LEFT JOIN item_names USING (item_id)
        GROUP BY item_id ORDER BY 3 DESC, item_id"""
    )
    rows = found.fetchall()
    amounts = [float(row[2]) for row in rows]
    count, total = behind_most(np.asarray(amounts)), sum(amounts)
    items = [
        {"item_id": item, "name": name or item, "returned": str(returned), "share": round(float(returned) / total, 6)}
        for item, name, returned in rows[:count]
    ]
    return {"total": f"{total:.2f}", "items": items, "share": round(sum(item["share"] for item in items), 6)}


def _table(engine: ledger.Engine, name: str, sql: str) -> None:
    engine.connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {sql}")
