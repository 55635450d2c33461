"""The estimate of the time left: none at the start, and no nonsense later."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from core.models import Run
from crm.models import Upload
from crm.selectors.progress import STAGES, seconds_left, time_left
from tests.factories import PASSWORD, make_run, make_upload, make_user

NOW = timezone.now()


def running(stage: str, done: int = 0, total: int = 0, *, seconds: float = 60, **fields: object) -> Run:
    started = NOW - timedelta(seconds=seconds)
    values = {"attempts": 1, "state": Run.State.RUNNING, **fields}
    return Run(stage=stage, progress_done=done, progress_total=total, started_at=started, **values)


def test_what_has_passed_says_what_is_left() -> None:
    left = seconds_left(running("Reading and checking the lines", 100, 100, seconds=37), NOW)
    assert left == pytest.approx(63)


@pytest.mark.parametrize(
    "run",
    [
        running("Reading the text", seconds=600),
        running("Reading and checking the lines", 1, 100, seconds=1),
        running("Something else", 50, 100),
        running("Publishing", attempts=2),
        running("Publishing", state=Run.State.PENDING),
    ],
)
def test_what_can_only_be_guessed_is_not_said(run: Run) -> None:
    assert time_left(run, NOW) == ""


@pytest.mark.parametrize(
    ("stage", "seconds", "words"),
    [
        ("Publishing", 60, "A few seconds left"),
        ("Finding the customers", 20, "About 20 seconds left"),
        ("Finding the customers", 60, "About 1 minute left"),
        ("Finding the customers", 600, "About 10 minutes left"),
    ],
)
def test_it_is_said_as_roughly_as_it_is_known(stage: str, seconds: float, words: str) -> None:
    assert time_left(running(stage, seconds=seconds), NOW) == words


def test_it_falls_while_the_work_goes_on() -> None:
    lefts = []
    for number, share in enumerate((20, 40, 60, 80, 100), start=1):
        lefts.append(seconds_left(running("Reading and checking the lines", share, 100, seconds=20 * number), NOW))
    assert all(left is not None for left in lefts)
    assert STAGES["Publishing"][0] + STAGES["Publishing"][1] == 1.0


@pytest.mark.django_db
def test_the_page_of_an_import_shows_it(client: Client) -> None:
    client.login(username=make_user().username, password=PASSWORD)
    upload = make_upload()
    fields = {"stage": "Reading and checking the lines", "progress_done": 80_000, "progress_total": 100_000}
    started = timezone.now() - timedelta(seconds=60)
    run = make_run("crm.ingest", Run.State.RUNNING, started_at=started, **fields)
    Upload.objects.filter(pk=upload.pk).update(latest_run=run, state=Upload.State.IMPORTING)
    for headers in ({}, {"HX-Request": "true"}):
        text = client.get(f"/uploads/{upload.pk}/", headers=headers).content.decode()
        assert "About 2 minutes left" in text
        assert "80,000 / 100,000 lines" in text
        assert "Stop" in text


@pytest.mark.django_db
def test_bytes_are_shown_as_a_share_and_never_as_lines(client: Client) -> None:
    client.login(username=make_user().username, password=PASSWORD)
    upload = make_upload()
    fields = {"stage": "Reading the text", "progress_done": 4_194_304, "progress_total": 45_580_670}
    run = make_run("crm.ingest", Run.State.RUNNING, started_at=timezone.now(), **fields)
    Upload.objects.filter(pk=upload.pk).update(latest_run=run, state=Upload.State.IMPORTING)
    for path in (f"/uploads/{upload.pk}/", f"/runs/{run.pk}/", "/runs/running/"):
        text = client.get(path).content.decode()
        assert ">9 %</span>" in text
        assert "4,194,304" not in text
