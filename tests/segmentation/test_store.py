"""The scores' file: read by column, and never when it is not what was published."""

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from crm import ledger
from segmentation import selectors, store
from segmentation.models import Score
from segmentation.services import request_refresh
from tests.analytics.ledger import Line
from tests.factories import make_ledger, make_snapshot, refreshed

pytestmark = pytest.mark.django_db


def test_read_scores_gives_the_named_columns_by_customer() -> None:
    scores = store.read_scores(make_snapshot(20), ["customer_key", "tier"])
    assert list(scores) == ["customer_key", "tier"]
    assert scores["customer_key"].tolist() == list(range(1, 21))


def test_read_scores_says_missing_numbers_with_nan() -> None:
    make_ledger([Line(1, "a", date(2025, 1, 1), "5"), Line(2, "b", date(2025, 2, 1), "5")])
    run = request_refresh(by=None)
    assert run is not None
    scores = store.read_scores(refreshed(run))
    assert set(scores) == set(store.COLUMNS)
    assert np.isnan(scores["p_alive"]).all()


def test_read_scores_refuses_a_column_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="no column name"):
        store.read_scores(make_snapshot(20), ["name"])


def test_connection_refuses_a_file_that_was_altered() -> None:
    snapshot = make_snapshot(20)
    path = ledger.storage_path(snapshot.path)
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(store.SnapshotDamaged, match="altered"):
        store.read_scores(snapshot)


def test_connection_refuses_a_file_that_is_gone() -> None:
    snapshot = make_snapshot(20)
    ledger.storage_path(snapshot.path).unlink()
    with pytest.raises(store.SnapshotDamaged, match="not in the store"):
        store.read_scores(snapshot)


def test_listed_columns_are_those_of_the_score_tables() -> None:
    fields = {"customer_key" if field.primary_key else field.attname for field in Score._meta.concrete_fields}
    assert set(store.LISTED) == fields - {"snapshot_id"}


def test_customer_row_gives_everything_of_one_customer_with_exact_money() -> None:
    snapshot = make_snapshot(20)
    row, score = store.customer_row(snapshot, 5), selectors.scores(snapshot).get(pk=5)
    assert set(row) == set(store.COLUMNS)
    assert row["customer_key"] == 5
    assert isinstance(row["revenue"], Decimal)
    names = [name for name in store.LISTED if name != "customer_key"]
    assert {name: row[name] for name in names} == {name: getattr(score, name) for name in names}


def test_customer_row_of_somebody_who_is_not_in_the_snapshot_is_empty() -> None:
    assert store.customer_row(make_snapshot(20), 99) == {}


def test_a_file_from_before_a_column_existed_reads_it_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = make_snapshot(20)
    monkeypatch.setattr(store, "COLUMNS", {**store.COLUMNS, "thought_of_later": "DOUBLE"})
    assert store.customer_row(snapshot, 5)["thought_of_later"] is None
    assert np.isnan(store.read_scores(snapshot, ["thought_of_later"])["thought_of_later"]).all()
