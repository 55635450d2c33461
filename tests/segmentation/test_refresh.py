"""From lines to a published snapshot, through the job itself."""

from datetime import date
from decimal import Decimal
from typing import Any, NoReturn

import pytest
from django.db.models import Sum

from core.models import AuditEvent, Run
from core.trouble import Unavailable
from crm.ledger import EngineName
from crm.models import CataloguePointer
from segmentation import registry, selectors, store
from segmentation.models import ModelArtifact, Segment, Snapshot
from segmentation.services import request_refresh, request_refresh_after
from tests.analytics.ledger import Line
from tests.factories import do_run, make_ledger, make_shop, make_snapshot, refreshed

pytestmark = pytest.mark.django_db


def test_refresh_publishes_every_customer_in_each_grouping() -> None:
    snapshot = make_snapshot(60)
    rows = selectors.scores(snapshot)
    assert selectors.current_snapshot() == snapshot
    assert rows.count() == snapshot.customers == 60
    for grouping in (snapshot.segments, snapshot.tiers, snapshot.rfm_groups):
        assert sum(entry["size"] for entry in grouping) == 60
        assert sum(Decimal(entry["revenue"]) for entry in grouping) == Decimal(snapshot.totals["identified_revenue"])
    assert [(entry["name"], entry["size"]) for entry in snapshot.tiers] == [
        ("platinum", 6),
        ("gold", 12),
        ("silver", 42),
    ]


def test_refresh_shares_are_of_all_revenue_with_guests() -> None:
    snapshot = make_snapshot(60)
    total, guests = Decimal(snapshot.totals["revenue"]), Decimal(snapshot.totals["guest_revenue"])
    assert guests == 40
    assert sum(entry["share"] for entry in snapshot.tiers) == pytest.approx(float((total - guests) / total), abs=1e-8)
    assert sum(entry["share_of_identified"] for entry in snapshot.tiers) == pytest.approx(1, abs=1e-8)


def test_refresh_keeps_the_same_figures_in_rows_and_file() -> None:
    snapshot = make_snapshot(60)
    stored = store.read_scores(snapshot)
    rows = list(selectors.scores(snapshot).order_by("customer_id"))
    assert [row.customer_id for row in rows] == stored["customer_key"].tolist()
    for name in ("frequency", "recency", "T", "order_count", "expected_purchases", "clv", "segment_id"):
        assert [getattr(row, name) for row in rows] == pytest.approx(stored[name].tolist())
    for name in ("tier", "rfm_group", "value_reason", "country"):
        assert [getattr(row, name) for row in rows] == stored[name].tolist()
    with store.connection(snapshot) as opened:
        exact = opened.execute("SELECT sum(revenue) FROM scores").fetchone()
    assert exact == (Decimal(snapshot.totals["identified_revenue"]),)
    assert float(selectors.scores(snapshot).aggregate(sum=Sum("revenue"))["sum"]) == pytest.approx(float(exact[0]))


def test_refresh_counts_a_customers_figures_by_hand() -> None:
    """Key 3 in a ledger of our own: three purchase days, one return, first seen on 1 January."""
    lines = [
        Line(3, "a", date(2025, 1, 1), "10"),
        Line(3, "b", date(2025, 2, 1), "20"),
        Line(3, "c", date(2025, 2, 1), "5"),
        Line(3, "d", date(2025, 3, 1), "30"),
        Line(3, "e", date(2025, 3, 2), "-7.50"),
        Line(4, "f", date(2025, 4, 10), "1"),
    ]
    make_ledger(lines)
    run = request_refresh(by=None)
    assert run is not None
    row = selectors.scores(refreshed(run)).get(customer_id=3)
    assert (row.frequency, row.recency, row.T, row.days_since_last_purchase) == (2, 59, 99, 40)
    assert (row.monetary_value, row.order_count) == (Decimal("27.5"), 4)
    assert (row.gross_revenue, row.returned_value, row.revenue) == (Decimal(65), Decimal("7.5"), Decimal("57.5"))


def test_refresh_again_changes_nothing() -> None:
    snapshot = make_snapshot(60)
    run = request_refresh(by=None)
    assert run is not None
    assert refreshed(run) == snapshot
    run.refresh_from_db()
    assert run.result is not None
    assert run.result["unchanged"] is True
    assert run.result["segments"] == snapshot.segments
    assert Snapshot.objects.count() == 1


def test_refresh_with_the_default_holdout_spelled_out_is_the_same() -> None:
    snapshot = make_snapshot(60)
    run = request_refresh(by=None, holdout_days=snapshot.holdout_days, as_of=snapshot.as_of)
    assert run is not None
    assert refreshed(run) == snapshot


def test_refresh_takes_turns_between_the_tables_and_keeps_segments() -> None:
    first = make_snapshot(60)
    run = request_refresh(by=None, horizon_days=90)
    assert run is not None
    second = refreshed(run)
    assert {first.score_table, second.score_table} == {"a", "b"}
    assert [entry["segment"] for entry in second.segments] == [entry["segment"] for entry in first.segments]
    assert not Segment.objects.filter(retired_at__isnull=False).exists()
    assert selectors.scores(second).count() == 60
    states = dict(ModelArtifact.objects.values_list("snapshot_id", "state").distinct())
    assert states == {first.pk: "retired", second.pk: "current"}


def test_refresh_of_another_shop_retires_its_segments() -> None:
    first = make_snapshot(60)
    make_ledger([Line(key, f"o{key}", date(2025, 5, 1), "10") for key in range(1, 13)])
    run = request_refresh(by=None)
    assert run is not None
    second = refreshed(run)
    assert second.quality["k"] == 1
    assert second.quality["reason"]
    kept = {entry["segment"] for entry in second.segments}
    gone = {entry["segment"] for entry in first.segments} - kept
    assert set(Segment.objects.filter(retired_at__isnull=False).values_list("pk", flat=True)) == gone


def test_refresh_in_weeks_only_rescales_time() -> None:
    days = make_snapshot(90)
    run = request_refresh(by=None, unit="week")
    assert run is not None
    weeks = refreshed(run)
    assert weeks.fits["bg_nbd"]["alpha"] * 7 == pytest.approx(days.fits["bg_nbd"]["alpha"], rel=1e-3)
    in_days, in_weeks = (store.read_scores(each, ["T", "clv"]) for each in (days, weeks))
    assert in_days["T"].tolist() == in_weeks["T"].tolist()
    assert in_days["clv"] == pytest.approx(in_weeks["clv"], rel=1e-3)


def test_refresh_of_a_few_customers_says_why_values_are_simple() -> None:
    make_ledger([Line(key, f"o{key}-{day}", date(2025, 1, day), "10") for key in (1, 2) for day in (1, 9)])
    run = request_refresh(by=None)
    assert run is not None
    snapshot = refreshed(run)
    assert (snapshot.fits["bg_nbd"], snapshot.fits["champion"]) == (None, "naive")
    assert "Only 2 customers" in " ".join(snapshot.fits["reasons"])
    assert snapshot.holdout is None
    assert "span 8 days" in snapshot.holdout_reason
    row = selectors.scores(snapshot).get(customer_id=1)
    assert (row.p_alive, row.value_reason) == (None, "too_few_customers")
    assert row.clv is not None
    assert row.clv > 0


def test_refresh_before_anybody_bought_is_refused_with_a_sentence() -> None:
    make_shop(20)
    run = request_refresh(by=None, as_of=date(2020, 1, 1))
    assert run is not None
    ended = do_run(run)
    assert (ended.state, ended.error_code) == (Run.State.FAILED, "no_customers")
    assert "by 1 January 2020" in ended.error
    assert selectors.current_snapshot() is None


def test_refresh_of_a_ledger_that_moved_on_is_not_shown() -> None:
    make_shop(20)
    asked, automatic = request_refresh(by=None, horizon_days=90), request_refresh_after()
    assert asked is not None
    assert automatic is not None
    make_shop(30)
    assert do_run(asked).error_code == "outdated"
    assert do_run(automatic).state == Run.State.CANCELLED
    assert selectors.current_snapshot() is None


def test_refresh_when_only_returns_are_left_withdraws_the_results() -> None:
    make_snapshot(20)
    make_ledger([Line(1, "r", date(2025, 1, 1), "-5")])
    run = request_refresh_after()
    assert run is not None
    assert do_run(run).error_code == "no_customers"
    assert selectors.current_snapshot() is None
    assert not ModelArtifact.objects.filter(state=ModelArtifact.State.CURRENT).exists()


def test_refresh_after_the_last_upload_was_taken_back_withdraws_the_results() -> None:
    make_snapshot(20)
    CataloguePointer.objects.update(version=None)
    assert request_refresh_after() is None
    assert selectors.current_snapshot() is None
    assert AuditEvent.objects.filter(action="snapshot.withdrawn").count() == 1


def test_refresh_leaves_one_audit_event_without_values() -> None:
    snapshot = make_snapshot(20)
    event = AuditEvent.objects.get(action="snapshot.published")
    assert event.object_key == str(snapshot.pk)
    assert event.facts == {"customers": 20, "as_of": "2025-12-31", "unit": "day"}


def test_refresh_keeps_verified_models_of_each_kind() -> None:
    snapshot = make_snapshot(60)
    for kind in registry.KINDS:
        assert registry.load_model(kind, snapshot=snapshot)
    used = registry.load_model("purchases", snapshot=snapshot)["used"]
    assert used["unit"] == "day"


def test_refresh_tracks_repeat_purchases_up_to_the_last_day() -> None:
    snapshot = make_snapshot(60)
    last = snapshot.charts["repeat_purchases"][-1]
    assert last["on"] == "2025-12-31"
    assert last["actual"] == sum(row.frequency for row in selectors.scores(snapshot))
    assert last["expected"] == pytest.approx(last["actual"], rel=0.25)


def test_refresh_gives_money_by_month_exactly() -> None:
    snapshot = make_snapshot(60)
    months = snapshot.charts["monthly_revenue"]
    assert months[0]["month"] == "2025-01-01"
    assert sum(Decimal(month["revenue"]) for month in months) == Decimal(snapshot.totals["revenue"])


def _no_cluster(*_: object, **__: object) -> NoReturn:
    raise Unavailable("engine_unavailable", "The cluster was asked.")


@pytest.mark.parametrize(
    ("setting", "named", "is_asked"),
    [
        ("spark", "duckdb", False),
        ("spark", None, True),
        ("spark", "spark", True),
        ("duckdb", "spark", True),
        ("duckdb", None, False),
    ],
)
def test_refresh_uses_the_engine_that_was_named_and_else_the_settings(
    setting: str, named: EngineName | None, is_asked: bool, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.ledger.engines.spark.on_spark", _no_cluster)
    settings.ANALYTICS_ENGINE = setting
    make_shop(20)
    run = request_refresh(by=None, engine=named)
    assert run is not None
    ended = do_run(run)
    assert ended.error == ("The cluster was asked." if is_asked else "")
    assert ended.state == (Run.State.PENDING if is_asked else Run.State.SUCCEEDED)
