"""Files of whole visits: with or without a time, an id, a visitor; every digit kept; each counted once."""

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from crm.ledger import SessionFilter, session_page
from crm.models import Upload
from crm.selectors import current_version, upload_summary
from tests.crm.kind_files import SESSION_HEADER, SESSIONS, bring_sessions
from tests.crm.test_events import whole
from tests.factories import imported, make_upload, undone

pytestmark = pytest.mark.django_db


def found() -> list[dict[str, Any]]:
    return session_page(current_version(), SessionFilter(), limit=1000)


def test_visits_come_in_exactly() -> None:
    upload = bring_sessions()
    assert (upload.kind, upload.state, upload.accepted, upload.customers) == ("sessions", "published", 3, 2)
    assert upload_summary(upload)["revenue"] == "0"
    rows = found()
    assert [row["converted"] for row in rows] == [True, False, False]
    assert [row["bounce_rate"] for row in rows] == [Decimal("0.2"), Decimal("0.2"), 0]
    assert rows[0]["exit_rate"] == Decimal("0.0000983")
    assert rows[1]["page_value"] == Decimal("0.038034542")
    assert rows[1]["session_id"] == f"line-{upload.pk}-2"
    assert rows[1]["started_at"] is None
    assert whole()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("v9,ann,2025-01-02,3,1,0,0,0,,x", "bad_flag"),
        ("v9,ann,2025-01-02,3,1,0,0,0,perhaps,x", "bad_flag"),
        ("v9,ann,2025-02-30,3,1,0,0,0,1,x", "bad_date"),
        ("v9,ann,1969-02-01,3,1,0,0,0,1,x", "date_out_of_range"),
        ("v9,ann,2025-01-02,3,1,45.2,0,0,1,x", "bad_rate"),
        ("v9,ann,2025-01-02,3,-1,0,0,0,1,x", "bad_number"),
        ("v9,ann,2025-01-02,2.5,1,0,0,0,1,x", "bad_number"),
        ("v9,ann,2025-01-02,many,1,0,0,0,1,x", "bad_number"),
    ],
)
def test_what_can_not_be_used_is_rejected_with_its_reason(row: str, reason: str) -> None:
    upload = bring_sessions(f"{SESSIONS}{row}\n")
    assert (upload.accepted, [item["code"] for item in upload.rejections]) == (3, [reason])


def test_the_same_visits_in_another_order_add_nothing_not_even_those_without_time_and_id() -> None:
    bring_sessions()
    header, *rows = SESSIONS.splitlines()
    again = bring_sessions("\n".join([header, *reversed(rows)]) + "\n")
    assert (again.accepted, again.duplicates) == (0, 3)
    assert len(found()) == 3
    assert whole()


def test_equal_visits_of_one_file_are_several_visits() -> None:
    row = ",,,1,0,0.2,0.2,0,FALSE,New\n"
    first = bring_sessions(SESSION_HEADER + row * 3)
    assert first.accepted == 3
    second = bring_sessions(SESSION_HEADER + row * 5)
    assert (second.accepted, second.duplicates) == (2, 3)
    assert len({item["session_id"] for item in found()}) == 5
    undone(first)
    assert len(found()) == 5
    assert whole()


def test_the_public_table_of_online_shoppers_comes_in_exactly(test_data: Path) -> None:
    path = test_data / "sessions" / "online_shoppers_intention.csv"
    columns = {
        "converted": "Revenue",
        "pages": "ProductRelated",
        "duration": "ProductRelated_Duration",
        "bounce_rate": "BounceRates",
        "exit_rate": "ExitRates",
        "page_value": "PageValues",
        "visitor_type": "VisitorType",
    }
    options = {"attributes": ["Administrative", "Informational", "Month", "Weekend", "Region"]}
    mapping = {"kind": "sessions", "columns": columns, "options": options}
    upload = imported(make_upload(path.read_bytes(), name=path.name), mapping)
    assert (upload.state, upload.lines, upload.accepted) == (Upload.State.PUBLISHED, 12_330, 12_330)
    rows = session_page(current_version(), SessionFilter(), limit=20_000)
    assert Counter(row["converted"] for row in rows) == {False: 10_422, True: 1_908}
    assert sum(row["pages"] for row in rows) == 391_249
    assert sum(row["duration"] for row in rows) == Decimal("14731220.892215633")
    assert sum(row["bounce_rate"] for row in rows) == Decimal("273.619721204")
    assert rows[0]["attributes"] == (
        '{"Administrative":"0","Informational":"0","Month":"Feb","Weekend":"FALSE","Region":"1"}'
    )
