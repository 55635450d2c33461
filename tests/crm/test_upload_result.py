"""The result page of an upload: what came in, what was rejected, what is worth a look, what it changed."""

import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from core.models import Run
from crm.models import Upload, UploadFigures
from crm.services import redo_upload
from tests.crm.correcting import FIXES, brought, corrected, download, first_file
from tests.factories import CSV, PASSWORD, do_run, imported, make_run, make_upload, make_user, undone

pytestmark = pytest.mark.django_db

HEADER = "order,date,customer,item,quantity,price\n"
MONDAY = date(2025, 3, 3)


@pytest.fixture
def marketer(client: Client) -> Client:
    client.login(username=make_user().username, password=PASSWORD)
    return client


def weeks(*missing: date, first: date = MONDAY, count: int = 35) -> str:
    days = [first + timedelta(days=number) for number in range(count)]
    open_days = [day for day in days if day.weekday() < 5 and day not in missing]
    return HEADER + "".join(f"D{day:%m%d},{day},ann,cup,1,2.00\n" for day in open_days)


def described(upload: Upload) -> Upload:
    """The upload with its figures, computed in this process."""
    do_run(Run.objects.filter(kind="crm.describe", state=Run.State.PENDING).latest("created_at"))
    return Upload.objects.get(pk=upload.pk)


def page(client: Client, upload: Upload) -> str:
    answer = client.get(f"/uploads/{upload.pk}/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_an_import_asks_for_its_description(marketer: Client) -> None:
    upload = imported(make_upload())
    assert "are being computed" in page(marketer, upload)
    waiting = marketer.get(f"/uploads/{upload.pk}/?part=figures", headers={"HX-Request": "true"})
    assert waiting.status_code == 204
    described(upload)
    assert "are being computed" not in page(marketer, upload)
    done = marketer.get(f"/uploads/{upload.pk}/?part=figures", headers={"HX-Request": "true"})
    assert done["HX-Refresh"] == "true"


def test_new_and_known_customers_are_told_apart(marketer: Client) -> None:
    described(imported(make_upload()))
    second = described(imported(make_upload(HEADER + "A3,2025-01-04,bob,cup,1,1\nA4,2025-01-05,cid,cup,1,1\n")))
    assert "1 new, 1 known from other files" in page(marketer, second)


def test_a_missing_tuesday_is_named_and_a_closed_saturday_is_not(marketer: Client) -> None:
    tuesday = MONDAY + timedelta(days=8)
    text = page(marketer, described(imported(make_upload(weeks(tuesday)))))
    assert "1 day on which there usually are sales has none" in text
    assert "Tuesday 11 March 2025" in text
    assert "Saturday" not in text


def test_a_missing_day_between_two_files_is_seen_with_the_second(marketer: Client) -> None:
    described(imported(make_upload(weeks(count=26))))  # up to Friday of the fourth week
    following = MONDAY + timedelta(days=29)
    second = described(imported(make_upload(weeks(first=following, count=4))))  # from Tuesday on
    assert "Monday 31 March 2025" in page(marketer, second)


def test_without_gaps_the_page_says_so(marketer: Client) -> None:
    assert "No day without sales stands out" in page(marketer, described(imported(make_upload(weeks()))))


def test_charts_come_with_their_tables(marketer: Client) -> None:
    text = page(marketer, described(imported(make_upload())))
    for title in ("Transactions a day", "Customers by number of purchases", "Top items"):
        assert title in text
    assert text.count("data-chart-table") == 3  # no country in this file
    assert "Customers with at least 10 purchases" in text


def test_rejected_lines_are_shown_by_reason_with_their_first_lines(marketer: Client) -> None:
    bad = "A8,2025-02-31,ann,cup,1,4.50\nA9,2025-02-01,ann,cup,x,4.50\n<b>,2025-02-31,ann,cup,1,4.50\n"
    text = page(marketer, imported(make_upload(CSV + bad)))
    assert "<strong>2</strong> · The date does not fit the format that was chosen. (first: data line 3)" in text
    assert '<th scope="row">4</th><td>The quantity is missing' in text
    assert "<td>&lt;b&gt;</td>" in text
    assert "Download them with the reasons" in text


def test_what_is_not_computed_yet_says_so(marketer: Client) -> None:
    upload = imported(make_upload())
    assert "The results are being recomputed with this file." in page(marketer, upload)
    Run.objects.exclude(kind="crm.describe").update(state=Run.State.CANCELLED, finished_at=upload.received_at)
    assert "No results have been computed with this file yet." in page(marketer, upload)


def test_a_description_of_a_file_that_is_gone_again_leaves_nothing(marketer: Client) -> None:
    upload = imported(make_upload())
    run = Run.objects.get(kind="crm.describe")
    undone(upload)
    Upload.objects.filter(pk=upload.pk).update(latest_run=None)
    gone = make_run("crm.describe", params={"upload": 987_654})
    do_run(gone)
    assert gone.result == {"upload": 987_654, "described": False}
    do_run(run)
    assert UploadFigures.objects.count() == 1  # what it brought when it was published


def test_an_upload_that_is_not_published_is_not_described() -> None:
    imported(make_upload(), publish=False)
    assert not Run.objects.filter(kind="crm.describe").exists()


def test_what_was_counted_for_an_earlier_publication_is_not_shown_again(marketer: Client) -> None:
    first = described(imported(make_upload()))
    assert "2 new, 0 known from other files" in page(marketer, first)
    imported(make_upload(CSV + "A3,2025-01-04,cid,cup,1,1.25\n"))
    undone(first)
    do_run(redo_upload(upload=Upload.objects.get(pk=first.pk), by=None))
    first.refresh_from_db()
    assert first.accepted == 0
    text = page(marketer, first)
    assert "2 new" not in text
    assert "New ones are being counted" in text
    described(first)
    text = page(marketer, first)
    assert "2 new" not in text
    assert "being counted" not in text
    assert not UploadFigures.objects.filter(upload=first).exists()


def test_after_a_correction_new_customers_are_counted_anew(marketer: Client) -> None:
    first = described(first_file())
    assert "2 new, 0 known from other files" in page(marketer, first)
    brought(corrected(download(first), FIXES))
    text = page(marketer, first)
    assert "2 new" not in text
    assert "New ones are being counted" in text
    assert "4 new, 0 known from other files" in page(marketer, described(first))


def test_new_customers_are_left_out_where_they_are_of_other_lines_than_those_that_count(marketer: Client) -> None:
    first = described(imported(make_upload()))
    described(imported(make_upload(CSV + "A3,2025-01-04,cid,cup,1,1.25\n")))
    Upload.objects.filter(pk=first.pk).update(customers=1)  # what another file's return leaves
    assert "2 new" not in page(marketer, first)


def test_returns_say_that_they_are_lines_with_a_negative_amount(marketer: Client) -> None:
    text = page(marketer, described(imported(make_upload(CSV + "A3,2025-01-04,ann,cup,-1,4.50\n"))))
    assert "1 lines with a negative amount" not in text
    assert "1 line with a negative amount in 1 order, 33.3 % of sales" in text


def test_repeated_lines_are_not_said_to_be_kept_where_none_was(marketer: Client) -> None:
    twice = "A3,2025-01-04,cid,cup,1,1.25\n" * 2
    imported(make_upload(CSV + twice))
    again = imported(make_upload(CSV + twice + "\n", name="again.csv"))
    assert (again.accepted, again.duplicates) == (0, 4)
    assert "exact_duplicates" in {item["code"] for item in again.warnings}
    assert "all were kept" not in page(marketer, again)


def test_the_same_bytes_again_by_command_add_nothing_in_any_figure(tmp_path: Path) -> None:
    imported(make_upload())
    file, printed = tmp_path / "again.csv", StringIO()
    file.write_text(CSV)
    call_command("ingest", str(file), "--json", stdout=printed, stderr=StringIO())
    result = json.loads(printed.getvalue())
    assert (result["accepted"], result["duplicates"], result["revenue"]) == (0, 2, "0.00")
    assert (result["customers"], result["orders"]) == (0, 0)


def test_a_file_that_brought_nothing_new_promises_no_news(marketer: Client) -> None:
    imported(make_upload())
    again = imported(make_upload(CSV + "A9,2025-02-31,ann,cup,1,4.50\n", name="again.csv"))
    assert (again.accepted, again.rejected, again.duplicates) == (0, 1, 2)
    published = imported(make_upload(CSV + "\n", name="once-more.csv"))
    for upload in (again, published):
        text = page(marketer, upload)
        assert "See what it means today" not in text
        assert "What changed in the figures you watch" not in text
    assert "Worth a look" not in page(marketer, again)  # its only news is the rejected line


def test_one_rejected_line_is_one_line(marketer: Client) -> None:
    text = page(marketer, imported(make_upload(CSV + "A9,2025-02-31,ann,cup,1,4.50\n")))
    assert '1 <span class="stat-unit">line</span>' in text
    assert '0 <span class="stat-unit">lines</span>' in text
    assert "grid-stats-six" in text


def test_the_list_shows_what_was_imported_and_not_published(marketer: Client) -> None:
    imported(make_upload(CSV + "A9,2025-02-31,ann,cup,1,4.50\n"), publish=False)
    text = " ".join(marketer.get("/uploads/").content.decode().split())
    assert 'data-label="Lines">2</td>' in text
    assert 'data-label="Rejected">1</td>' in text
    assert 'data-label="Revenue">–</td>' in text
