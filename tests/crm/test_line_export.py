"""Lines as one file: documented columns, outside ids, exact money, formulas disarmed in CSV, gone after a day."""

import csv
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import duckdb
import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from core.models import AuditEvent
from crm import ledger
from crm.ledger.sweeping import referenced_paths
from crm.models import LineExport
from crm.services import expire_exports, request_export
from tests.crm.exports import make_export
from tests.factories import CSV, PASSWORD, do_run, imported, make_upload, make_user, undone

pytestmark = pytest.mark.django_db

COLUMNS = [
    *("upload", "line", "customer_id", "order_id", "item_id", "description", "category", "brand", "quantity"),
    *("unit_price", "amount", "discount", "ordered_at", "ordered_on", "country", "currency", "company"),
    *("is_purchase", "is_cancellation", "is_merchandise", "attributes"),
]


@pytest.fixture
def marketer(client: Client) -> Client:
    client.login(username=make_user().username, password=PASSWORD)
    return client


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command's run is done here instead of in a child."""
    monkeypatch.setattr("core.commands.JsonCommand.finish", lambda _, run: do_run(run))


def export(path: Path, *options: str) -> dict[str, object]:
    printed = StringIO()
    call_command("export_lines", "--out", str(path), "--json", *options, stdout=printed, stderr=StringIO())
    found: dict[str, object] = json.loads(printed.getvalue())
    return found


def test_parquet_holds_the_lines_with_exact_money_and_outside_ids(home: Path) -> None:
    imported(make_upload(CSV + "=A3,2025-01-04,,mug,1,0.000001\n"))
    path = home / "lines.parquet"
    found = export(path)
    assert (found["format"], found["lines"]) == ("parquet", 3)
    with duckdb.connect() as connection:
        names = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()]
        types = "typeof(amount), typeof(ordered_at)"
        query = f"SELECT order_id, customer_id, amount::VARCHAR, {types} FROM '{path}'"
        rows = connection.execute(query).fetchall()
    assert names == COLUMNS
    assert rows == [
        ("A1", "ann", "9.000000", "DECIMAL(18,6)", "TIMESTAMP WITH TIME ZONE"),
        ("A2", "bob", "4.500000", "DECIMAL(18,6)", "TIMESTAMP WITH TIME ZONE"),
        ("=A3", None, "0.000001", "DECIMAL(18,6)", "TIMESTAMP WITH TIME ZONE"),
    ]


def test_csv_disarms_formulas_and_leaves_numbers_alone(home: Path) -> None:
    imported(make_upload(CSV + "=A3,2025-01-04,@cid,mug,-1,2.50\n"))
    path = home / "lines.csv"
    export(path)
    rows = list(csv.DictReader(StringIO(path.read_text(encoding="utf-8"), newline="")))
    assert list(rows[0]) == COLUMNS
    latest = rows[-1]
    assert (latest["order_id"], latest["customer_id"], latest["amount"]) == ("'=A3", "'@cid", "-2.500000")
    assert latest["ordered_at"] == "2025-01-04T00:00:00Z"


def test_filters_are_those_of_the_page(home: Path) -> None:
    imported(make_upload())
    assert export(home / "a.csv", "--customer-id", "ann")["lines"] == 1
    assert export(home / "b.csv", "--from", "2025-01-03", "--to", "2025-01-03")["lines"] == 1
    assert export(home / "c.csv", "--item-id", "none")["lines"] == 0
    with pytest.raises(Exception, match="no customer nobody"):
        export(home / "d.csv", "--customer-id", "nobody")
    with pytest.raises(Exception, match="has to be a day"):
        export(home / "e.csv", "--from", "soon")


def test_a_person_asks_for_it_and_takes_it_along(marketer: Client) -> None:
    imported(make_upload())
    answer = marketer.post("/transactions/export/", {"format": "csv", "customer_id": "ann"})
    written = LineExport.objects.get()
    assert answer["Location"] == f"/exports/{written.pk}/"
    assert "ann" not in json.dumps(written.filters)
    assert "You can leave this page" in marketer.get(f"/exports/{written.pk}/").content.decode()
    assert marketer.get(f"/exports/{written.pk}/file").status_code == 404
    assert written.run is not None
    do_run(written.run)
    assert "The file is ready." in marketer.get(f"/exports/{written.pk}/").content.decode()
    download = marketer.get(f"/exports/{written.pk}/file")
    text = b"".join(download.streaming_content).decode()  # type: ignore[attr-defined]
    assert len(text.splitlines()) == 2
    assert AuditEvent.objects.filter(action="lines.downloaded").count() == 1


def test_an_analyst_may_look_and_not_take_along(client: Client) -> None:
    imported(make_upload())
    client.login(username=make_user("analyst").username, password=PASSWORD)
    assert "/transactions/export/" not in client.get("/transactions/").content.decode()
    assert client.post("/transactions/export/", {"format": "csv"}).status_code == 403


def test_without_lines_or_with_nonsense_nothing_is_asked_for(marketer: Client) -> None:
    assert marketer.post("/transactions/export/", {"format": "csv"}).status_code == 302
    imported(make_upload())
    marketer.post("/transactions/export/", {"from": "soon"})
    marketer.post("/transactions/export/", {"customer_id": "nobody"})
    assert LineExport.objects.count() == 0


def test_an_export_goes_after_a_day() -> None:
    written = make_export()
    assert written.path in referenced_paths()
    expire_exports(now=timezone.now() + timedelta(hours=23))
    assert LineExport.objects.count() == 1
    expire_exports(now=timezone.now() + timedelta(hours=25))
    assert LineExport.objects.count() == 0
    assert written.path not in referenced_paths()


def test_what_was_asked_for_is_what_counted_then(home: Path) -> None:
    upload = imported(make_upload())
    written = request_export(chosen=ledger.LineFilter(), file_format="csv", by=None)
    undone(upload)
    assert written.run is not None
    do_run(written.run)
    written.refresh_from_db()
    assert written.lines == 2
