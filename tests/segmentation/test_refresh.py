"""From lines to a published snapshot, through the job itself."""

import pytest

from segmentation import selectors
from tests.factories import make_snapshot

pytestmark = pytest.mark.django_db


def test_refresh_publishes_a_row_for_every_customer() -> None:
    snapshot = make_snapshot(60)
    rows = selectors.scores(snapshot)
    assert selectors.current_snapshot() == snapshot
    assert rows.count() == snapshot.customers == 60
    row = rows.get(customer_id=3)
    assert row.tier in {"platinum", "gold", "silver"}
