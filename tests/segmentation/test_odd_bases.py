"""Shops where nothing is as usual: every page says what is missing and when it will be there, and shows the rest."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pytest
from django.test import Client

from core.models import Run
from segmentation import store
from segmentation.models import Snapshot
from segmentation.selectors import current_snapshot
from segmentation.services import request_refresh
from tests.analytics.ledger import Line
from tests.factories import do_run, make_ledger, make_snapshot, make_user
from tests.segmentation.bases import simulated_lines, snapshot_of

pytestmark = pytest.mark.django_db

FIRST = date(2025, 1, 1)
NUMBERS = [name for name, kind in store.COLUMNS.items() if kind in {"DOUBLE", "INTEGER"} or kind.startswith("DECIMAL")]
# A page never shows how a program says that it has no number.
NO_NUMBER = re.compile(r"\b(nan|NaN|inf|Infinity|null|NaT)\b|\bNone\b(?! [a-z])")


def no_repeat_buyers() -> list[Line]:
    return [Line(key, f"{key}", FIRST + timedelta(days=key), "10") for key in range(1, 41)]


def one_customer() -> list[Line]:
    return [Line(1, f"{number}", FIRST + timedelta(days=9 * number), "10") for number in range(12)]


def one_customer_once() -> list[Line]:
    return [Line(1, "a", FIRST, "10")]


def all_on_one_day() -> list[Line]:
    return [Line(key % 30 + 1, f"{key}", FIRST, "10") for key in range(60)]


def negative_net_revenue() -> list[Line]:
    bought = [
        Line(key, f"{key}-{number}", FIRST + timedelta(days=key + 20 * number), "10")
        for key in range(1, 41)
        for number in range(key % 4 + 1)
    ]
    back = [Line(key, f"{key}-back", FIRST + timedelta(days=200), "-90") for key in range(1, 41)]
    # Without a purchase after them, the day of the results would be before the returns.
    return [*bought, *back, Line(41, "latest", FIRST + timedelta(days=210), "10")]


def a_till() -> list[Line]:
    """One customer with 100,000 orders beside forty with a few."""
    till = [Line(1, f"till-{number}", FIRST + timedelta(days=number % 360), "3") for number in range(100_000)]
    return till + [line for line in negative_net_revenue() if line.customer_key != 1 and "back" not in line.order_key]


def fewer_than_a_model_needs() -> list[Line]:
    return [
        Line(key, f"{key}-{number}", FIRST + timedelta(days=key + 30 * number), "10")
        for key in range(1, 8)
        for number in range(3)
    ]


def only_free() -> list[Line]:
    """Purchases of nothing: a file without prices."""
    return [
        Line(key, f"{key}-{number}", FIRST + timedelta(days=key * 3 + 30 * number), "0")
        for key in range(1, 41)
        for number in range(key % 4 + 1)
    ]


def a_few_spend_most() -> list[Line]:
    """A mean spend that is all but infinite: a fit one standard error away would have none."""
    return simulated_lines(120, seed=3, q=1.1)


def some_spend_most() -> list[Line]:
    return simulated_lines(120, seed=9, q=1.3)


@dataclass(frozen=True)
class Odd:
    """A shop, and pieces of what a customer's page must say of it."""

    lines: Callable[[], list[Line]]
    says: tuple[str, ...]


BETWEEN = "in 8 of 10 such cases"
ODD = {
    "no repeat buyers": Odd(no_repeat_buyers, ("Nobody has bought twice yet",)),
    "one customer": Odd(one_customer, ("too few customers",)),
    "one customer, one order": Odd(one_customer_once, ("observed for long enough",)),
    "all on one day": Odd(all_on_one_day, ("observed for long enough",)),
    "negative net revenue": Odd(negative_net_revenue, ("-70.00 GBP Since 2 January 2025, net of returns",)),
    "a customer of 100,000 orders": Odd(a_till, ("100,000 orders", "worse than a simple rate")),
    "a few spend most": Odd(a_few_spend_most, (BETWEEN, "discounted. On average")),
    "some spend most": Odd(some_spend_most, (BETWEEN, "discounted. On average")),
    "fewer lines than a model needs": Odd(fewer_than_a_model_needs, ("too few customers",)),
}


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    page = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))


@pytest.mark.parametrize("name", list(ODD))
def test_pages_and_numbers_of_an_odd_shop(name: str, client: Client) -> None:
    snapshot = snapshot_of(ODD[name].lines())
    client.force_login(make_user("analyst"))
    check_pages(ODD[name], snapshot, client)
    check_numbers(snapshot, client)


def check_pages(case: Odd, snapshot: Snapshot, client: Client) -> None:
    """Every page opens and says what is missing."""
    segment = snapshot.segments[0]["segment"]
    for path in ("/", "/customers/", "/customers/1/", "/segments/", f"/segments/{segment}/", "/models/", "/insiders/"):
        text = text_of(client, path)
        assert not NO_NUMBER.search(text), (path, NO_NUMBER.search(text))
    page = text_of(client, "/customers/1/")
    for piece in case.says:
        assert piece in page
    assert "What lies ahead" in page
    assert "In the next" in page


def check_numbers(snapshot: Snapshot, client: Client) -> None:
    """Numbers are finite or missing, and none is below zero."""
    scores = store.read_scores(snapshot, NUMBERS)
    for name, values in scores.items():
        column = np.asarray(values, dtype=float)
        assert not np.isinf(column).any(), name
        if name.startswith(("p_alive", "no_purchase", "expected", "clv")):
            assert not (column < 0).any(), name
        if name.startswith(("p_alive", "no_purchase")):
            assert not (column > 1).any(), name
    assert not np.isnan(scores["clv"]).any()
    row = store.customer_row(snapshot, 1)
    assert (row["clv_low"] is None) == bool(snapshot.fits["interval_reasons"]["clv"])
    for path in ("/api/v1/customers/1/", "/api/v1/segments/", f"/api/v1/snapshots/{snapshot.pk}/"):
        json.loads(client.get(path).content, parse_constant=pytest.fail)


def test_a_customer_who_only_took_things_back_is_worth_little_but_shown(client: Client) -> None:
    lines = [*fewer_than_a_model_needs(), Line(99, "99-back", FIRST, "-50")]
    snapshot = snapshot_of(lines)
    assert store.customer_row(snapshot, 99) == {}
    client.force_login(make_user("analyst"))
    assert "bought nothing by" in text_of(client, "/customers/99/")


def test_where_returns_outweigh_purchases_nobody_has_a_share_of_revenue(client: Client) -> None:
    """The members of -70 % of a shop would otherwise read as if they brought most of it."""
    snapshot = snapshot_of(negative_net_revenue())
    assert {entry["share"] for group in (snapshot.segments, snapshot.tiers) for entry in group} == {None}
    assert {band["share"] for band in snapshot.charts["value_bands"]} == {None}
    client.force_login(make_user("analyst"))
    assert "no group has a share of revenue" in client.get("/segments/").content.decode()


def test_purchases_of_nothing_are_counted_and_worth_nothing(client: Client) -> None:
    snapshot = snapshot_of(only_free())
    assert store.customer_row(snapshot, 3)["clv"] == 0
    client.force_login(make_user("analyst"))
    text_of(client, "/customers/3/")


def test_lines_of_the_future_do_not_count_yet(client: Client) -> None:
    """The day of the results is that of the latest purchase that is not after its file came in."""
    ahead = date.today() + timedelta(days=400)  # noqa: DTZ011 - the file came in today
    snapshot = snapshot_of([*fewer_than_a_model_needs(), Line(1, "ahead", ahead, "10"), Line(98, "new", ahead, "10")])
    assert snapshot.as_of < ahead
    assert store.customer_row(snapshot, 1)["order_count"] == 3
    client.force_login(make_user("analyst"))
    assert "bought nothing by" in text_of(client, "/customers/98/")
    assert "What lies ahead" in text_of(client, "/customers/1/")


def test_a_day_before_the_first_line_is_refused_and_the_old_results_stay(client: Client) -> None:
    before = make_snapshot(30)
    run = request_refresh(by=None, as_of=date(2020, 1, 1))
    assert run is not None
    do_run(run)
    assert run.state == Run.State.FAILED
    assert "choose a later date, or upload purchases" in run.error
    assert current_snapshot() == before
    client.force_login(make_user("analyst"))
    assert "choose a later date" in text_of(client, f"/runs/{run.pk}/")


def test_a_file_of_the_future_alone_gives_no_results_but_pages(client: Client) -> None:
    ahead = date.today() + timedelta(days=400)  # noqa: DTZ011 - the file came in today
    make_ledger([Line(1, "ahead", ahead, "10")])
    run = request_refresh(by=None)
    assert run is not None
    do_run(run)
    client.force_login(make_user("analyst"))
    for path in ("/", "/customers/", "/customers/1/", "/segments/", "/models/"):
        text_of(client, path)
