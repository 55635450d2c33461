"""A year that comes as 305 daily files is the year that comes as one, to the line and to the cent."""

import gzip
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from crm import ledger
from crm.ledger.reading import entries_of, paths_of
from crm.models import Customer
from crm.selectors import current_version
from crm.services.merging import request_merge
from tests.conftest import make_first_rows
from tests.factories import do_run, imported, make_upload

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.timeout(7200)]

COLUMNS = (
    "order_id, item_id, description, quantity, unit_price, amount, ordered_at, country, is_purchase, is_cancellation"
)


def what_the_ledger_holds() -> tuple[object, ...]:
    """Counts, exact sums, and a sum over all lines of what each of them says, the customer by the outside id."""
    names = dict(Customer.objects.values_list("pk", "external_id"))
    with ledger.reading(current_version()) as connection:
        connection.execute("CREATE TABLE names (customer_key BIGINT, external_id VARCHAR)")
        connection.executemany("INSERT INTO names VALUES (?, ?)", list(names.items()))
        found = connection.execute(f"""SELECT count(*), count(DISTINCT external_id), count(DISTINCT order_id),
            sum(amount), sum(quantity), sum(hash(external_id, {COLUMNS})::HUGEINT)
            FROM lines LEFT JOIN names USING (customer_key)""").fetchone()
    assert found
    return found


def daily_files(test_data: Path) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(test_data / "online-retail" / "by-day.zip") as archive:
        for name in sorted(name for name in archive.namelist() if name.endswith(".csv")):
            yield name, archive.read(name)


def test_305_daily_files_are_the_year(test_data: Path) -> None:
    make_first_rows()
    names = []
    for name, data in daily_files(test_data):
        names.append(name)
        upload = imported(make_upload(data, name=name))
        assert (upload.rejected, upload.duplicates) == (0, 0), name
        if run := request_merge():
            do_run(run)
    by_day = what_the_ledger_holds()
    assert len(names) == 305
    assert by_day[:4] == (541_909, 4_372, 25_900, Decimal("9747747.934"))
    assert len(paths_of(entries_of(current_version()))) < 40
    # The year as one file adds nothing: each of its lines is held already.
    year = gzip.decompress((test_data / "online-retail" / "data.csv.gz").read_bytes())
    assert imported(make_upload(year, name="year.csv")).accepted == 0
    assert what_the_ledger_holds() == by_day
