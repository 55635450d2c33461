"""Pages by a sorted column: every row once, in order, whatever is missing or equal."""

import pytest

from core.pagination import KeyPage, SortKey, sorted_page
from segmentation.models import ScoreA
from tests.many_scores import make_scores

pytestmark = pytest.mark.django_db
SORTS = [
    SortKey("clv", is_nullable=True),
    SortKey("clv", is_descending=True, is_key_descending=True, is_nullable=True),
    SortKey("order_count", is_descending=True),
    SortKey("customer__search_key"),
]


def walk(sort: SortKey, size: int) -> list[KeyPage[ScoreA]]:
    pages = [sorted_page(ScoreA.objects.all(), sort=sort, cursor="", size=size)]
    while pages[-1].next:
        pages.append(sorted_page(ScoreA.objects.all(), sort=sort, cursor=pages[-1].next, size=size))
    return pages


def expected(sort: SortKey) -> list[int]:
    """The whole order, made in Python: rows without a value last, equal ones by key."""
    rows = list(ScoreA.objects.select_related("customer"))
    rows.sort(key=lambda row: row.pk, reverse=sort.is_key_descending)

    def value(row: ScoreA) -> object:
        return row.customer.search_key if "__" in sort.column else getattr(row, sort.column)

    known = sorted((row for row in rows if value(row) is not None), key=value, reverse=sort.is_descending)  # type: ignore[arg-type]
    return [row.pk for row in [*known, *(row for row in rows if value(row) is None)]]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("size", [7, 50])
def test_every_row_comes_once_and_in_order_forth_and_back(sort: SortKey, size: int) -> None:
    make_scores(173)
    if sort.is_nullable:  # several pages without a value
        ScoreA.objects.filter(pk__in=list(ScoreA.objects.values_list("pk", flat=True)[:20])).update(clv=None)
    pages = walk(sort, size)
    assert [row.pk for page in pages for row in page.rows] == expected(sort)
    assert pages[0].previous is None
    back = pages[-1]
    for page in reversed(pages[:-1]):
        assert back.previous is not None
        back = sorted_page(ScoreA.objects.all(), sort=sort, cursor=back.previous, size=size)
        assert [row.pk for row in back.rows] == [row.pk for row in page.rows]
    assert back.previous is None


def test_a_page_that_ends_exactly_at_the_last_row_has_no_next() -> None:
    make_scores(14)
    assert [len(page.rows) for page in walk(SORTS[2], 7)] == [7, 7]


@pytest.mark.parametrize("cursor", ["x", "after-", "after-999999999", "before-x", "sideways-3"])
def test_a_cursor_that_leads_nowhere_is_the_first_page(cursor: str) -> None:
    make_scores(5)
    page = sorted_page(ScoreA.objects.all(), sort=SORTS[0], cursor=cursor, size=3)
    assert [row.pk for row in page.rows] == expected(SORTS[0])[:3]
    assert page.previous is None


def test_nothing_gives_an_empty_page() -> None:
    assert sorted_page(ScoreA.objects.all(), sort=SORTS[0], cursor="") == KeyPage([], None, None)


def test_a_reversed_sort_turns_ties_too() -> None:
    sort = SortKey("revenue", is_key_descending=True)
    assert sort.order() == ["revenue", "-pk"]
    assert sort.reversed().order() == ["-revenue", "pk"]
