"""What all customers together will do: on the segments page and on the first one."""

import pytest
from django.test import Client

from segmentation.ahead import ahead_of_all
from segmentation.models import Snapshot
from tests.factories import make_user
from tests.segmentation.bases import clockwork_lines, simulated_lines, snapshot_of

pytestmark = pytest.mark.django_db


def test_totals_stand_with_their_ranges(client: Client) -> None:
    snapshot = snapshot_of(simulated_lines())
    found = ahead_of_all(snapshot)
    assert [row.days for row in found.rows] == ["30 days", "90 days", "180 days", "365 days"]
    assert all(" to " in row.purchases_range and " to " in row.revenue_range for row in found.rows)
    assert found.why == ""
    assert "which were kept from it, the model expected" in found.past
    client.force_login(make_user("marketer"))
    page = client.get("/segments/").content.decode()
    assert "the ranges hold 8 of 10 times" in page
    assert found.rows[-1].revenue_range in page
    assert found.past in page
    assert found.sentence in client.get("/").content.decode()


def test_without_ranges_the_reason_stands_there(client: Client) -> None:
    found = ahead_of_all(snapshot_of(clockwork_lines()))
    assert {row.revenue_range for row in found.rows} == {""}
    assert "simple rate" in found.why
    assert "8 of 10" not in found.sentence
    client.force_login(make_user("marketer"))
    assert "There is no range:" in client.get("/segments/").content.decode()


def test_results_from_before_say_nothing() -> None:
    assert ahead_of_all(None).sentence == ""
    assert ahead_of_all(Snapshot(totals={"revenue": "1"})).rows == []


NO_FIGURE = [None, "", "inf", "nan", "2.2e196", "1" + "0" * 40]


@pytest.mark.parametrize("figure", NO_FIGURE)
def test_totals_that_are_none_cost_their_place_and_not_the_page(figure: str | None, client: Client) -> None:
    snapshot = snapshot_of(simulated_lines())
    first, *others = snapshot.totals["ahead"]
    snapshot.totals["ahead"] = [{**first, "gross_revenue_high": figure}, *others]
    snapshot.save()
    found = ahead_of_all(snapshot)
    assert found.rows[0].revenue_range == ""
    assert " to " in found.rows[0].purchases_range
    assert found.sentence.startswith("In the next 30 days")
    assert "8 of 10" not in found.sentence
    client.force_login(make_user("marketer"))
    for path in ("/", "/segments/"):
        assert client.get(path).status_code == 200
    snapshot.totals["ahead"] = [{"days": 30, "gross_revenue": figure}]
    snapshot.save()
    assert (ahead_of_all(snapshot).rows[0].revenue, ahead_of_all(snapshot).sentence) == ("–", "")
    for path in ("/", "/segments/"):
        assert client.get(path).status_code == 200
