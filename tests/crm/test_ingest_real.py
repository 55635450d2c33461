"""The public data sets through `ingest --json`: every published count and sum, to the digit."""

import gzip
import json
from decimal import Decimal
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from crm import ledger
from crm.models import Customer, Upload
from crm.selectors import current_version

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(600),
    pytest.mark.usefixtures("real_children"),
]


def ingest(path: Path, **options: Any) -> dict[str, Any]:
    printed = StringIO()
    call_command("ingest", str(path), "--json", stdout=printed, stderr=StringIO(), **options)
    result: dict[str, Any] = json.loads(printed.getvalue())
    assert result["accepted"] + result["rejected"] + result["duplicates"] == result["lines"]
    return result


def warnings(result: dict[str, Any]) -> dict[str, int]:
    return {item["code"]: item["lines"] for item in result["warnings"]}


def one(query: str) -> tuple[Any, ...]:
    with ledger.reading(current_version()) as connection:
        return tuple(connection.execute(query).fetchone() or ())


IDENTIFIED = "FROM lines WHERE customer_key IS NOT NULL AND quantity > 0 AND unit_price > 0"


def test_online_retail_comes_in_exactly(test_data: Path) -> None:
    path = test_data / "online-retail" / "data.csv.gz"
    result = ingest(path)
    counted = ("state", "lines", "accepted", "rejected", "duplicates", "customers", "orders")
    assert [result[name] for name in counted] == ["published", 541_909, 541_909, 0, 0, 4_372, 25_900]
    money = {name: Decimal(result[name]) for name in ("gross_revenue", "returned_value", "revenue")}
    assert money == {
        "gross_revenue": Decimal("10666684.544"),
        "returned_value": Decimal("918936.61"),
        "revenue": Decimal("9747747.934"),
    }
    found = warnings(result)
    assert (found["returns"], found["guest_lines"], found["exact_duplicates"]) == (9_288, 135_080, 5_268)
    assert found["negative_price"] == 2
    assert (result["first_at"][:16], result["last_at"][:16]) == ("2010-12-01T08:26", "2011-12-09T12:50")
    sales = one(f"SELECT count(*), count(DISTINCT order_id), count(DISTINCT customer_key), sum(amount) {IDENTIFIED}")
    assert sales == (397_884, 18_532, 4_338, Decimal("8911407.904"))
    distinct = one(
        f"""SELECT count(*), round(sum(amount), 2) FROM (SELECT DISTINCT order_id, item_id, description, quantity,
        ordered_at, unit_price, customer_key, country, amount {IDENTIFIED})"""
    )
    assert distinct == (392_692, Decimal("8887208.89"))
    assert one("SELECT count(DISTINCT ordered_on) FROM lines") == (305,)
    assert one("SELECT count(*), sum(amount) FROM lines WHERE unit_price < 0") == (2, Decimal("-22124.12"))
    again = ingest(path)
    assert (again["upload"], again["accepted"], again["duplicates"]) == (result["upload"], 0, 541_909)


def test_online_retail_as_a_workbook_is_the_same_to_the_digit(test_data: Path) -> None:
    result = ingest(test_data / "online-retail" / "Online Retail.xlsx")
    counted = ("state", "lines", "accepted", "rejected", "duplicates", "customers", "orders")
    assert [result[name] for name in counted] == ["published", 541_909, 541_909, 0, 0, 4_372, 25_900]
    money = [Decimal(result[name]) for name in ("gross_revenue", "returned_value", "revenue")]
    assert money == [Decimal("10666684.544"), Decimal("918936.61"), Decimal("9747747.934")]
    found = warnings(result)
    assert (found["returns"], found["guest_lines"], found["exact_duplicates"]) == (9_288, 135_080, 5_268)
    assert (result["first_at"][:16], result["last_at"][:16]) == ("2010-12-01T08:26", "2011-12-09T12:50")
    # The same lines as CSV add nothing: dates, prices and ids are written alike.
    again = ingest(test_data / "online-retail" / "data.csv.gz")
    assert (again["accepted"], again["duplicates"]) == (0, 541_909)


def test_online_retail_with_month_names_and_an_empty_ninth_column(test_data: Path) -> None:
    result = ingest(test_data / "online-retail" / "Ecommerce.csv.gz")
    assert (result["lines"], result["accepted"], result["customers"]) == (541_909, 541_909, 4_372)
    assert Decimal(result["revenue"]) == Decimal("9747747.934")
    assert warnings(result)["guest_lines"] == 135_080
    upload = Upload.objects.get()
    assert upload.mapping
    assert upload.mapping["options"]["date_format"] == "31-Dec-10"
    assert one("SELECT count(DISTINCT ordered_on) FROM lines") == (305,)


def test_a_daily_file_writes_ids_like_17850_0_and_adds_nothing_to_the_year(test_data: Path, tmp_path: Path) -> None:
    import zipfile

    with zipfile.ZipFile(test_data / "online-retail" / "by-day.zip") as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".csv"))[:2]
        days = [tmp_path / Path(name).name for name in names]
        for name, day in zip(names, days, strict=True):
            day.write_bytes(archive.read(name))
    year = tmp_path / "year.csv"
    with gzip.open(test_data / "online-retail" / "data.csv.gz", "rb") as stream:
        year.write_bytes(b"".join(islice(stream, 8_000)))  # the header and the first days
    ingest(year)
    people = set(Customer.objects.values_list("external_id", flat=True))
    for day in days:
        result = ingest(day)
        assert (result["accepted"], result["rejected"]) == (0, 0), day
        assert result["duplicates"] == result["lines"] > 0
        assert warnings(result)["normalised_ids"] > 0
    assert set(Customer.objects.values_list("external_id", flat=True)) == people


@pytest.mark.parametrize(
    ("name", "lines", "customers", "revenue"),
    [
        ("CDNOW_master.txt", 69_659, 23_570, "2500315.63"),
        ("CDNOW_sample.txt", 6_919, 2_357, "244091.94"),
    ],
)
def test_cdnow(test_data: Path, name: str, lines: int, customers: int, revenue: str) -> None:
    result = ingest(test_data / "cdnow" / name)
    assert (result["lines"], result["accepted"], result["customers"]) == (lines, lines, customers)
    assert Decimal(result["revenue"]) == Decimal(revenue)
    assert result["first_at"].startswith("1997-01-01")
    assert one("SELECT count(*) FROM lines WHERE is_purchase") == (lines,)
