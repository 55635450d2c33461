"""However lines are split over files, published in any order and taken back: the ledger holds each line once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings
from django.db import transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from crm import ledger
from crm.models import CatalogueEntry, CataloguePointer, Upload
from crm.selectors import current_version
from crm.services import confirm_mapping
from tests.conftest import make_first_rows
from tests.factories import do_run, imported, make_upload, undone

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]

HEADER = "order_id,ordered_at,customer_id,item_id,quantity,unit_price\n"
# Few values, so that lines repeat within a file and between files.
LINES = st.builds(
    "{},2025-03-0{} 10:00:00,{},{},{},{}".format,
    st.sampled_from(["A1", "A2", "A3"]),
    st.integers(1, 3),
    st.sampled_from(["", "ann", "bob"]),
    st.sampled_from(["cup", "mug"]),
    st.integers(-2, 3),
    st.sampled_from(["0.10", "4.50", "0.000001"]),
)
FILES = st.lists(st.lists(LINES, min_size=1, max_size=6), min_size=1, max_size=4)
FEW = hypothesis_settings(max_examples=6, deadline=None, derandomize=True)
MANY = hypothesis_settings(max_examples=150, deadline=None)


@contextmanager
def fresh_ledger() -> Iterator[None]:
    """The database as it is now, given back at the end; a storage of its own."""
    before = settings.STORAGE_ROOT
    with TemporaryDirectory() as folder, transaction.atomic():
        settings.STORAGE_ROOT = Path(folder)
        make_first_rows()
        try:
            yield
        finally:
            transaction.set_rollback(True)
            settings.STORAGE_ROOT = before


def bring(lines: list[str], number: int) -> Upload:
    """The lines as a file; the blank at the end of the name column makes equal lines different bytes."""
    return imported(make_upload(HEADER.replace("\n", f"{' ' * number}\n") + "\n".join(lines) + "\n"))


def visible() -> Counter[str]:
    query = """SELECT concat_ws(',', order_id, strftime(ordered_at, '%Y-%m-%d %H:%M:%S'), item_id,
        quantity::BIGINT, trim(unit_price::VARCHAR, '0')) FROM lines"""
    with ledger.reading(current_version()) as connection:
        return Counter(row[0] for row in connection.execute(query).fetchall())


def total() -> Decimal:
    with ledger.reading(current_version()) as connection:
        row = connection.execute("SELECT coalesce(sum(amount), 0) FROM lines").fetchone()
    assert row
    return Decimal(row[0])


def expected(files: list[list[str]]) -> Counter[str]:
    """Of each line the most occurrences that any one file has: n on one receipt are n, a receipt twice is one."""
    held: Counter[str] = Counter()
    for lines in files:
        held |= Counter(map(plain, lines))
    return held


def plain(line: str) -> str:
    order, moment, _, item, quantity, price = line.split(",")
    return ",".join([order, moment, item, quantity, price.strip("0")])


def worth(lines: Counter[str]) -> Decimal:
    parts = [(line.split(","), count) for line, count in lines.items()]
    return sum((Decimal(fields[3]) * Decimal("0" + fields[4]) * count for fields, count in parts), Decimal(0))


def assert_holds(files: list[list[str]]) -> None:
    held = expected(files)
    assert visible() == held
    assert total() == worth(held)
    published = Upload.objects.filter(state=Upload.State.PUBLISHED)
    assert sum(upload.accepted for upload in published) == sum(held.values())
    assert sum((upload.net_revenue for upload in published), Decimal(0)) == worth(held)
    for upload in published:
        assert upload.accepted + upload.rejected + upload.duplicates == upload.lines


def check_any_order(files: list[list[str]], order: list[int]) -> None:
    with fresh_ledger():
        for number in order:
            bring(files[number], number)
        assert_holds(files)


def check_undo(files: list[list[str]], back: int) -> None:
    with fresh_ledger():
        uploads = [bring(lines, number) for number, lines in enumerate(files)]
        undone(uploads[back])
        others = [lines for number, lines in enumerate(files) if number != back]
        assert_holds(others)
        gone = Upload.objects.get(pk=uploads[back].pk)
        do_run(confirm_mapping(upload=gone, mapping=gone.mapping or {}, by=None))
        assert_holds(files)


ORDERED_FILES = FILES.flatmap(lambda files: st.tuples(st.just(files), st.permutations(range(len(files)))))
CHOSEN_FILES = FILES.flatmap(lambda files: st.tuples(st.just(files), st.integers(0, len(files) - 1)))


@FEW
@given(ORDERED_FILES)
def test_any_order_of_publication_gives_the_same_lines(given_: tuple[list[list[str]], list[int]]) -> None:
    check_any_order(*given_)


@FEW
@given(CHOSEN_FILES)
def test_undo_leaves_what_the_others_hold_and_publishing_again_brings_it_back(
    given_: tuple[list[list[str]], int],
) -> None:
    check_undo(*given_)


@pytest.mark.long
@MANY
@given(ORDERED_FILES)
def test_any_order_of_publication_gives_the_same_lines_many_times(given_: tuple[list[list[str]], list[int]]) -> None:
    check_any_order(*given_)


@pytest.mark.long
@MANY
@given(CHOSEN_FILES)
def test_undo_and_publishing_again_many_times(given_: tuple[list[list[str]], int]) -> None:
    check_undo(*given_)


@FEW
@given(st.lists(LINES, min_size=2, max_size=8).flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))))
def test_the_same_lines_in_other_order_add_nothing(given_: tuple[list[str], list[str]]) -> None:
    lines, shuffled = given_
    with fresh_ledger():
        bring(lines, 0)
        again = bring(shuffled, 1)
        assert (again.accepted, again.duplicates) == (0, len(lines))
        assert_holds([lines])


def test_positive_control_a_version_without_shadows_is_noticed() -> None:
    """What would happen if shadowed lines were counted: the checks above have to see it."""
    lines = ["A1,2025-03-01 10:00:00,ann,cup,1,4.50"]
    bring(lines, 0)
    bring([*lines, "A2,2025-03-01 10:00:00,ann,cup,1,4.50"], 1)
    assert_holds([lines, ["A2,2025-03-01 10:00:00,ann,cup,1,4.50"]])
    version = CataloguePointer.objects.get(pk=1).version
    CatalogueEntry.objects.filter(version=version).update(shadow_path="", shadowed=0)
    with pytest.raises(AssertionError):
        assert_holds([lines, ["A2,2025-03-01 10:00:00,ann,cup,1,4.50"]])
