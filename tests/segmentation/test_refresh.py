"""From lines to a published snapshot, through the job itself."""

from decimal import Decimal

import pytest

from segmentation import selectors
from segmentation.models import ModelArtifact, SegmentSummary
from tests.factories import make_snapshot, make_shop

pytestmark = pytest.mark.django_db


def test_refresh_publishes_a_row_for_every_customer() -> None:
    snapshot = make_snapshot(60)
    rows = selectors.scores(snapshot)
    assert selectors.current_snapshot() == snapshot
    assert rows.count() == snapshot.customers == 60
    row = rows.get(customer_id=3)
    assert row.tier in {"platinum", "gold", "silver"}
