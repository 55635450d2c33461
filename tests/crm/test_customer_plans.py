"""With very many customers a list page is as quick as with few: what the database plans to do, read in its words."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crm.models import Customer
from crm.views import customer_search
from crm.views.customer_search import ORDERINGS, read_filter
from segmentation.models import ScoreA, Snapshot, SnapshotPointer
from tests.conftest import make_first_rows
from tests.many_scores import make_scores

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def many(django_db_setup: None, django_db_blocker: Any) -> Iterator[Snapshot]:
    """20,000 customers with scores, made once for the plans."""
    with django_db_blocker.unblock():
        make_first_rows()
        snapshot = make_scores(20_000)
        yield snapshot
        SnapshotPointer.objects.update(snapshot=None)
        ScoreA.objects.all().delete()
        snapshot.delete()
        Customer.objects.all().delete()


@pytest.mark.parametrize("ordering", list(ORDERINGS))
@pytest.mark.parametrize("filters", [{}, {"search": "c"}, {"segment": "1"}, {"member": "no"}])
def test_with_many_customers_no_page_reads_or_sorts_the_whole_table(
    many: Snapshot, ordering: str, filters: dict[str, str]
) -> None:
    if connection.vendor == "postgresql":
        pytest.skip("plans are read in SQLite's words")
    wanted = read_filter({**filters, "ordering": ordering})
    cursor = ""
    for _ in range(3):  # the first page, and pages behind a cursor
        with CaptureQueriesContext(connection) as asked:
            page = customer_search.customer_page(many, wanted, cursor=cursor)
        assert len(page.rows) == 50
        cursor = page.next or ""
        for query in asked.captured_queries:
            plan = explain(query["sql"])
            assert "SCAN segmentation_score_a\n" not in f"{plan}\n", plan
            if "segment" not in filters:
                # Sorting equal ids among themselves is no sorting of everybody.
                assert "USE TEMP B-TREE FOR ORDER BY" not in plan, plan


def explain(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return "\n".join(row[-1] for row in cursor.fetchall())
