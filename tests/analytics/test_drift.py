"""The population stability index: by hand, against chance, and through its SQL."""

from math import log

import duckdb
import numpy as np
import pytest

from analytics import drift


def test_equal_shares_have_no_drift() -> None:
    assert drift.stability_index([10, 20, 30], [10, 20, 30]) == 0
    assert drift.stability_index([100, 200], [1000, 2000]) == pytest.approx(0, abs=1e-4)


def test_index_by_hand() -> None:
    """Shares .5, .5 against .25, .75, of bases so large that the half customers in each bin do not show."""
    expected = -0.25 * log(0.25 / 0.5) + 0.25 * log(0.75 / 0.5)
    assert drift.stability_index([10**8, 10**8], [10**8, 3 * 10**8]) == pytest.approx(expected, rel=1e-6)
    assert expected == pytest.approx(0.2747, abs=5e-5)


def test_index_is_symmetric_and_finite_with_empty_bins() -> None:
    there, back = drift.stability_index([0, 50, 0], [50, 0, 0]), drift.stability_index([50, 0, 0], [0, 50, 0])
    assert there == pytest.approx(back)
    assert 1 < there < 100


@pytest.mark.parametrize(("before", "after"), [([1], [1, 2]), ([0], [1]), ([1], [0])])
def test_bases_that_cannot_be_compared_are_refused(before: list[int], after: list[int]) -> None:
    with pytest.raises(ValueError, match="need customers"):
        drift.stability_index(before, after)


def test_chance_stays_below_its_limit_in_nineteen_of_twenty_cases() -> None:
    generator = np.random.default_rng(7)
    counts = generator.multinomial(400, [0.1] * 10, size=4000)
    found = [drift.stability_index(*pair) for pair in counts.reshape(2000, 2, 10).tolist()]
    assert np.mean(np.array(found) <= drift.chance_limit(10, 400, 400)) == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(
    ("index", "limit", "band"),
    [
        (0.05, 0, "steady"),
        (0.10, 0, "shifting"),
        (0.25, 0, "changed"),
        (0.30, 0.35, "steady"),
        (0.30, 0.2, "changed"),
    ],
)
def test_bands_in_words(index: float, limit: float, band: str) -> None:
    assert drift.band(index, limit) == band


def test_sql_counts_every_row_once_and_missing_values_apart() -> None:
    with duckdb.connect() as opened:
        opened.execute("CREATE TABLE base AS SELECT CASE WHEN range < 100 THEN range END AS x, 7 AS y FROM range(110)")
        edges = opened.execute(drift.cuts_sql("base", ["x", "y"])).fetchone()
        assert edges is not None
        cuts = dict(zip(["x", "y"], edges, strict=True))
        counts = opened.execute(drift.counts_sql("base", cuts)).fetchone()
    assert cuts["y"] == [7]
    assert len(cuts["x"]) == 9
    assert counts is not None
    assert sum(drift.bin_sizes(counts[0])) == 110
    assert drift.bin_sizes(counts[0])[-1] == 10
    assert drift.bin_sizes(counts[1]) == [110, 0, 0]


def test_sql_of_a_column_without_a_value_has_one_bin() -> None:
    with duckdb.connect() as opened:
        opened.execute("CREATE TABLE base AS SELECT NULL::DOUBLE AS x FROM range(4)")
        (edges,) = opened.execute(drift.cuts_sql("base", ["x"])).fetchone() or ()
        (counts,) = opened.execute(drift.counts_sql("base", {"x": edges})).fetchone() or ()
    assert (edges, drift.bin_sizes(counts)) == ([], [0, 4])


def test_sql_of_categories_keeps_the_commonest_and_joins_the_rest() -> None:
    with duckdb.connect() as opened:
        opened.execute("CREATE TABLE early AS SELECT 'c' || (range % 40)::VARCHAR AS country FROM range(400)")
        opened.execute("CREATE TABLE late AS SELECT 'new' AS country FROM range(5)")
        rows = opened.execute(drift.categories_sql("early", "late", "country")).fetchall()
    assert len(rows) == drift.MOST_CATEGORIES + 1
    assert sum(row[1] for row in rows) == 400
    assert {row[0]: row[2] for row in rows}[None] == 5
