"""The scan of the real file: what is known to be odd there is found, and its calendar raises no alarm."""

from pathlib import Path

import pytest

from segmentation.services import request_refresh
from tests.anomalies.worlds import found, scanned
from tests.factories import imported, make_upload, refreshed

NEW_YEAR = ["2010-12-24", "2010-12-29", "2010-12-30", "2010-12-31", "2011-01-02"]
EASTER = ["2011-04-24"]


@pytest.mark.realdata
@pytest.mark.django_db
def test_online_retail_has_two_questions_two_days_and_the_great_returners(test_data: Path) -> None:
    file = test_data / "online-retail" / "data.csv.gz"
    imported(make_upload(file.read_bytes(), name=file.name))
    run = request_refresh(by=None)
    assert run is not None
    refreshed(run)
    counts = scanned().counts
    assert sorted(row.evidence["days"] for row in found("data")) == [NEW_YEAR, EASTER]
    assert all(row.severity == 10 for row in found("data"))
    assert [str(row.occurred_on) for row in found("metric")] == ["2011-01-05", "2010-12-22"]
    customers = [row.customer.external_id for row in found("customer") if row.customer]
    # The pieces bought and cancelled the same day, 541431 and 581483, are these two customers'.
    assert customers[:2] == ["12346", "16446"]
    assert len(customers) == counts["customer"]["open"] <= 43
