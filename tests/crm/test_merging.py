"""Merging small files changes what is opened, never what is read."""

import pytest

from crm import ledger
from crm.ledger.merging import write_merges
from crm.ledger.reading import entries_of, paths_of
from crm.models import CatalogueVersion, MergedFile, Upload
from crm.selectors import current_version
from crm.services.merging import request_merge
from tests.crm.intake_corpus.base import row, table
from tests.factories import do_run, imported, make_upload, undone

pytestmark = pytest.mark.django_db

Rows = list[tuple[object, ...]]


def visible() -> Rows:
    with ledger.reading(current_version()) as connection:
        return connection.execute("SELECT * FROM lines ORDER BY upload_id, line_no").fetchall()


def bring(first: int, last: int) -> Upload:
    return imported(make_upload(table(*(row(n) for n in range(first, last)))))


def merge(least: int = 2) -> CatalogueVersion:
    run = request_merge(least=least)
    assert run
    assert do_run(run).state == "succeeded"
    version = current_version()
    assert version
    return version


def opened() -> int:
    return len(paths_of(entries_of(current_version())))


@pytest.fixture
def four_files() -> list[Upload]:
    """Each repeats the last two lines of the one before."""
    return [bring(0, 6), bring(4, 10), bring(8, 14), bring(12, 18)]


def test_the_rows_are_the_same_out_of_one_file(four_files: list[Upload]) -> None:
    before, mark = visible(), (current_version() or CatalogueVersion()).lines_mark
    assert (len(before), opened()) == (18, 7)
    version = merge()
    assert visible() == before
    assert opened() == 1
    assert version.lines_mark == mark  # nothing has to be computed anew


def test_too_few_files_wait(four_files: list[Upload]) -> None:
    assert request_merge(least=5) is None
    merge(least=4)
    assert request_merge(least=1) is None


def test_no_merged_file_holds_more_than_a_sort_can_bear(
    four_files: list[Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.ledger.merging.MOST", 13)
    before = visible()
    merge()
    assert visible() == before
    assert list(MergedFile.objects.values_list("files", "lines")) == [(2, 10)]
    bring(30, 34)
    before = visible()
    merge()  # the two that were left over; with the newest, or with the first merged file, there would be too many rows
    assert visible() == before
    assert sorted(MergedFile.objects.values_list("files", "lines")) == [(2, 8), (2, 10)]
    assert opened() == 3


@pytest.mark.parametrize("back", range(4))
def test_a_merged_file_taken_back_leaves_what_the_others_hold(four_files: list[Upload], back: int) -> None:
    merge()
    undone(four_files[back])
    kept = [set(range(4 * n, 4 * n + 6)) for n in range(4) if n != back]
    assert len(visible()) == len(set().union(*kept))
    numbers = [
        (line["upload_id"], line["line_no"]) for line in ledger.line_page(current_version(), ledger.LineFilter())
    ]
    assert len(set(numbers)) == len(numbers) == len(visible())


def test_files_that_come_later_join_the_merged_one(four_files: list[Upload]) -> None:
    merge()
    bring(30, 34), bring(40, 44)
    before = visible()
    assert opened() == 3
    merge()
    assert visible() == before
    assert opened() == 1
    assert MergedFile.objects.count() == 2


def test_an_upload_compared_anew_while_it_was_merged_is_read_from_its_own_file(
    four_files: list[Upload], monkeypatch: pytest.MonkeyPatch
) -> None:
    def late(version: CatalogueVersion | None, *, least: int) -> object:
        merges = write_merges(version, least=least)
        undone(four_files[0])
        return merges

    monkeypatch.setattr("crm.jobs.merge.write_merges", late)
    merge()
    assert len(visible()) == len(set().union(*(range(4 * n, 4 * n + 6) for n in (1, 2, 3))))
    assert opened() == 2  # the merged one, and the upload whose lines came back
