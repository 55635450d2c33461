"""The queue and its cards, as people see and use them."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from anomalies.models import Anomaly
from anomalies.selectors import Filters, queue_page
from anomalies.services import record_verdict
from core.models import User
from crm.models import Customer
from segmentation.models import SnapshotPointer
from tests.factories import make_anomaly, make_scan, make_user

pytestmark = pytest.mark.django_db
QUEUE = "/anomalies/"


@pytest.fixture
def ann(db: Any) -> User:
    return make_user("analyst", username="ann")


@pytest.fixture
def page(client: Client, ann: User) -> Client:
    client.force_login(ann)
    return client


def text(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_before_anything_is_uploaded_the_page_says_what_to_do(page: Client) -> None:
    assert "Upload your orders" in text(page, QUEUE)


def test_before_the_first_scan_the_page_offers_one(page: Client) -> None:
    make_scan().delete()
    shown = text(page, QUEUE)
    assert "Not scanned yet" in shown
    assert "Scan now" in shown


def test_an_empty_queue_is_good_news(page: Client) -> None:
    make_scan()
    assert "Nothing waits for you" in text(page, QUEUE)


def test_filters_that_match_nothing_offer_the_way_back(page: Client) -> None:
    make_anomaly()
    assert "Nothing matches these filters" in text(page, f"{QUEUE}?kind=bot")


def test_the_queue_shows_the_worst_first_in_words_and_points(page: Client) -> None:
    make_anomaly(severity=12, summary="A small matter.")
    make_anomaly(severity=88, summary="A large matter.")
    shown = text(page, QUEUE)
    assert shown.index("A large matter.") < shown.index("A small matter.")
    assert "88 of 100" in shown
    assert "High" in shown
    assert "Low" in shown


def test_an_unknown_filter_or_cursor_shows_the_first_page(page: Client) -> None:
    make_anomaly()
    for query in ("status=later", "kind=%00", "assignee=nobody-like-this", "cursor=after_x_y", "cursor=before_1e9_1"):
        assert "Revenue 89 %" in text(page, f"{QUEUE}?{query}"), query


def test_results_that_were_withdrawn_take_the_queue_with_them(page: Client) -> None:
    anomaly = make_anomaly()
    SnapshotPointer.objects.update(snapshot=None)
    assert "Nothing to look at yet" in text(page, QUEUE)
    assert page.get(f"{QUEUE}{anomaly.pk}/").status_code == 404


def test_pages_by_key_hold_every_row_once_in_both_directions() -> None:
    made = [make_anomaly(severity=float(number % 4)).pk for number in range(11)]
    latest = queue_page(Filters(), size=3)
    forwards = [row.pk for row in latest.rows]
    while latest.next:
        latest = queue_page(Filters(), cursor=latest.next, size=3)
        forwards += [row.pk for row in latest.rows]
    assert sorted(forwards) == sorted(made)
    backwards = [[row.pk for row in latest.rows]]
    while latest.previous:
        latest = queue_page(Filters(), cursor=latest.previous, size=3)
        backwards.insert(0, [row.pk for row in latest.rows])
    assert [pk for rows in backwards for pk in rows] == forwards


def test_a_full_page_takes_as_many_queries_as_one_row(
    page: Client, ann: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        anomaly = make_anomaly(assignee=ann)
        customer = Customer.objects.create(
            external_id=f"c{number}", search_key=f"c{number}", created_at=anomaly.created_at
        )
        Anomaly.objects.filter(pk=anomaly.pk).update(customer=customer)
    with django_assert_max_num_queries(16):
        page.get(QUEUE)
    with django_assert_max_num_queries(18):
        page.get(f"{QUEUE}{anomaly.pk}/")


def test_a_verdict_by_plain_form_returns_to_the_filtered_queue(page: Client) -> None:
    anomaly = make_anomaly()
    answer = page.post(
        reverse("anomalies:anomaly-verdict", args=[anomaly.pk]),
        {"verdict": "real", "comment": "Broken till", "return_to": "/anomalies/?kind=metric"},
        follow=True,
    )
    assert answer.redirect_chain == [("/anomalies/?kind=metric", 302)]
    assert "Judged: Real" in answer.content.decode()
    assert anomaly.verdicts.get().comment == "Broken till"


def test_a_form_never_leads_to_another_site(page: Client) -> None:
    anomaly = make_anomaly()
    for wanted in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = page.post(
            reverse("anomalies:anomaly-verdict", args=[anomaly.pk]), {"verdict": "real", "return_to": wanted}
        )
        assert answer["Location"] == reverse("anomalies:anomaly-detail", args=[anomaly.pk])


def test_with_htmx_the_row_answers_in_its_place_and_offers_undo(page: Client) -> None:
    anomaly = make_anomaly()
    url = reverse("anomalies:anomaly-verdict", args=[anomaly.pk])
    answer = page.post(url, {"verdict": "noise"}, headers={"HX-Request": "true"})
    shown = answer.content.decode()
    assert shown.lstrip().startswith(f'<tr id="anomaly-{anomaly.pk}"')
    assert "Undo" in shown
    assert "Judged: Noise" in answer["HX-Trigger"]
    again = page.post(reverse("anomalies:anomaly-reopen", args=[anomaly.pk]), headers={"HX-Request": "true"})
    assert 'value="noise"' in again.content.decode()


def test_a_form_without_a_verdict_says_what_is_missing(page: Client) -> None:
    anomaly = make_anomaly()
    answer = page.post(reverse("anomalies:anomaly-verdict", args=[anomaly.pk]), {}, follow=True)
    assert "Choose one of the four verdicts" in answer.content.decode()
    assert not anomaly.verdicts.exists()


def test_chosen_rows_are_judged_together(page: Client) -> None:
    rows = [make_anomaly() for _ in range(3)]
    chosen = {"anomaly": [rows[0].pk, rows[2].pk], "verdict": "expected", "comment": "Sale"}
    answer = page.post(reverse("anomalies:verdicts"), chosen, follow=True)
    assert "2 anomalies judged." in answer.content.decode()
    assert list(Anomaly.objects.filter(status="open")) == [rows[1]]


def test_judging_nothing_says_so(page: Client) -> None:
    answer = page.post(reverse("anomalies:verdicts"), {"verdict": "real", "anomaly": ["x"]}, follow=True)
    assert "Choose at least one row" in answer.content.decode()


def test_taking_and_giving_back_an_anomaly(page: Client) -> None:
    anomaly = make_anomaly()
    url = reverse("anomalies:anomaly-assign", args=[anomaly.pk])
    assert "ann" in page.post(url, {"assignee": "ann"}, headers={"HX-Request": "true"}).content.decode()
    assert "ann" in text(page, f"{QUEUE}?assignee=me")
    assert "Revenue 89 %" not in text(page, f"{QUEUE}?assignee=none")
    page.post(url, {"assignee": ""})
    anomaly.refresh_from_db()
    assert anomaly.assignee is None
    assert "Choose somebody" in page.post(url, {"assignee": "eve"}, follow=True).content.decode()


def test_a_card_shows_reasons_chart_with_table_and_history(page: Client, ann: User) -> None:
    anomaly = make_anomaly()
    record_verdict(anomaly=anomaly, verdict="real", comment="<b>Till</b> broken", by=ann)
    shown = text(page, f"{QUEUE}{anomaly.pk}/")
    assert "Orders" in shown
    assert "0.1 times" in shown
    assert "data-chart-table" in shown
    assert "&lt;b&gt;Till&lt;/b&gt; broken" in shown
    assert "Real: needs action, by ann" in shown


def test_a_scan_asked_for_on_the_page_is_a_run_to_watch(page: Client) -> None:
    make_scan()
    answer = page.post(reverse("anomalies:scan-request"))
    assert answer["Location"].startswith("/runs/")


def test_without_results_there_is_nothing_to_scan(page: Client) -> None:
    answer = page.post(reverse("anomalies:scan-request"), follow=True)
    assert "no results to look at" in answer.content.decode()
