"""The lab's pages, as people of each role meet them."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from core.models import AuditEvent, Run
from segmentation import services
from segmentation.lab_wording import USUAL_FEATURES
from segmentation.models import Comparison, SegmentationChoice
from segmentation.selectors import current_choice
from segmentation.services.lab import request_comparison
from tests.factories import do_run, make_snapshot, make_user, refreshed
from tests.segmentation.lab_worlds import make_comparison

pytestmark = pytest.mark.django_db

LAB = "/segments/lab/"


@pytest.fixture
def analyst(client: Client) -> Client:
    client.force_login(make_user("analyst"))
    return client


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user("marketer"))
    return client


def text_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def sent(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    usual = {"algorithm": "kmeans", "space": "scaled", "k": "", "set_aside": "1", "features": list(USUAL_FEATURES)}
    fields = {f"row-{place}-{name}": value for place, row in enumerate(rows) for name, value in (usual | row).items()}
    return {"rows": len(rows), "sample": 1000, **fields, **more}


def compared(*rows: dict[str, Any]) -> Comparison:
    """A comparison that was done, with three groups unless said otherwise."""
    usual = {"algorithm": "kmeans", "space": "scaled", "features": list(USUAL_FEATURES), "k": 3, "set_aside": 0.01}
    entry = request_comparison(combinations=[usual | row for row in rows or ({},)], sample=1000, by=None)
    assert entry.run is not None
    do_run(entry.run)
    entry.refresh_from_db()
    return entry


def test_the_lab_of_an_empty_installation_says_what_to_do(analyst: Client) -> None:
    page = text_of(analyst, LAB)
    assert "Nothing to compare on yet" in page
    assert "Upload a file" in page


def test_an_analyst_asks_for_a_comparison_and_is_led_to_it(analyst: Client) -> None:
    make_snapshot(60)
    answer = analyst.post(LAB, sent({}, {"space": "pca", "k": "4"}))
    entry = Comparison.objects.get()
    assert answer["Location"] == f"{LAB}{entry.pk}/"
    assert entry.combinations[1] == {
        "algorithm": "kmeans",
        "space": "pca",
        "features": list(USUAL_FEATURES),
        "k": 4,
        "set_aside": 0.01,
    }
    page = text_of(analyst, answer["Location"])
    assert "Comparing ways to form segments" in page
    assert "Stop" in page
    assert AuditEvent.objects.filter(action="comparison.requested").count() == 1


def test_rows_are_added_and_removed_without_losing_what_was_typed(analyst: Client) -> None:
    make_snapshot(60)
    page = analyst.post(LAB, sent({"k": "5"}, {"k": "7"}, add="1")).content.decode()
    assert page.count("<legend>Combination") == 3
    page = analyst.post(LAB, sent({"k": "5"}, {"k": "7"}, remove="0")).content.decode()
    assert page.count("<legend>Combination") == 1
    assert 'value="7"' in page
    assert 'value="5"' not in page
    page = analyst.post(LAB, sent({"k": "5"}, {"k": "7"}, remove="1" * 5000)).content.decode()
    assert page.count("<legend>Combination") == 2
    assert not Comparison.objects.exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (sent({"k": "1"}), "greater than or equal to 2"),
        (sent({"features": ["revenue"]}), "Choose at least two figures."),
        (sent({"set_aside": "50"}), "less than or equal to 20"),
        (sent({"algorithm": "magic"}), "magic is not one of the available choices"),
        (sent({}, {}), "Two of the combinations are the same"),
        (sent({}, sample="20"), "greater than or equal to 100"),
    ],
)
def test_what_can_not_be_compared_is_said_and_nothing_is_asked_for(
    analyst: Client, fields: dict[str, Any], sentence: str
) -> None:
    make_snapshot(60)
    assert sentence in analyst.post(LAB, fields).content.decode()
    assert not Comparison.objects.exists()


def test_a_comparison_shows_everything_side_by_side(analyst: Client) -> None:
    snapshot = make_snapshot(60)
    entry = compared({}, {"space": "pca", "k": None})
    page = text_of(analyst, f"{LAB}{entry.pk}/")
    assert f"Compared on 60 of {snapshot.customers} customers" in page
    assert "A: K-means on Scaled figures, 3 groups" in page
    assert "B: K-means on Principal components" in page
    assert page.count("How well each customer fits") >= 2
    assert "How well apart, by number of groups" in page
    assert "How many groups each criterion speaks for" in page
    assert page.count("Use this for the segments") == 2
    points = analyst.get(f"{LAB}{entry.pk}/0/points/").json()
    assert sorted(points["ids"], key=int) == [str(key) for key in range(1, 61)]
    assert [len(group) for group in points["points"]] == [group["size"] for group in entry.results[0]["groups"]]


def test_a_marketer_sees_a_comparison_and_can_not_run_or_use_one(marketer: Client) -> None:
    make_snapshot(60)
    entry = compared()
    page = text_of(marketer, f"{LAB}{entry.pk}/")
    assert "At a glance" in page
    assert "Use this for the segments" not in page
    assert "What to compare" not in text_of(marketer, LAB)
    assert marketer.post(LAB, sent({})).status_code == 403
    assert marketer.post(f"{LAB}{entry.pk}/0/use/").status_code == 403


def test_a_combination_that_failed_says_why_beside_the_others(analyst: Client) -> None:
    entry = make_comparison()
    entry.combinations = [*entry.combinations, {**entry.combinations[0], "space": "pca"}]
    entry.results = [*entry.results, {"state": "failed", "error": "The figures do not differ."}]
    entry.save()
    page = text_of(analyst, f"{LAB}{entry.pk}/")
    assert "No result for this combination" in page
    assert "The figures do not differ." in page
    assert page.count("Use this for the segments") == 1
    assert analyst.get(f"{LAB}{entry.pk}/1/use/").status_code == 404


def test_what_would_change_is_shown_before_it_does(analyst: Client) -> None:
    make_snapshot(60)
    entry = compared()
    page = text_of(analyst, f"{LAB}{entry.pk}/0/use/")
    assert "What becomes of each segment" in page
    assert "Of the 60 compared; there are 60 in all" in page
    assert not SegmentationChoice.objects.exists()


def test_choosing_is_written_down_asks_for_results_and_can_be_taken_back(analyst: Client) -> None:
    make_snapshot(60)
    entry = compared()
    answer = analyst.post(f"{LAB}{entry.pk}/0/use/", follow=True)
    assert "New results are being computed" in answer.content.decode()
    choice = current_choice()
    assert choice is not None
    assert choice.combination == entry.combinations[0]
    assert choice.comparison == entry
    run = Run.objects.get(kind="segmentation.refresh", state=Run.State.PENDING)
    assert run.params["choice"] == choice.pk
    assert AuditEvent.objects.filter(action="segments.chosen").count() == 1
    again = analyst.post(f"{LAB}{entry.pk}/0/use/", follow=True)
    assert "nothing changes" in again.content.decode()
    page = analyst.post(f"{LAB}choices/built-in/", follow=True).content.decode()
    assert current_choice() is None
    assert "Use it again" in page
    analyst.post(f"{LAB}choices/{choice.pk}/use/")
    restored = current_choice()
    assert restored is not None
    assert restored.combination == choice.combination
    assert AuditEvent.objects.filter(action="segments.chosen").count() == 3


def test_an_earlier_comparison_fills_the_form(analyst: Client) -> None:
    make_snapshot(60)
    entry = compared({"k": 6})
    page = text_of(analyst, f"{LAB}?from={entry.pk}")
    assert page.count("<legend>Combination") == 1
    assert 'value="6"' in page
    assert f"Comparison {entry.pk}" in page


def test_the_form_begins_with_the_way_in_use_beside_another(analyst: Client) -> None:
    make_snapshot(60)
    page = text_of(analyst, LAB)
    assert '<option value="kmeans" selected>' in page
    assert '<option value="gaussian_mixture" selected>' in page
    entry = compared({"algorithm": "gaussian_mixture", "space": "quantile"})
    analyst.post(f"{LAB}{entry.pk}/0/use/")
    page = text_of(analyst, LAB)
    assert page.index('<option value="gaussian_mixture" selected>') < page.index('<option value="kmeans" selected>')


def test_a_stopped_comparison_can_be_asked_for_again(analyst: Client) -> None:
    make_snapshot(60)
    analyst.post(LAB, sent({}))
    entry = Comparison.objects.get()
    assert entry.run is not None
    analyst.post(f"/runs/{entry.run.pk}/cancel/")
    assert "This comparison was stopped." in text_of(analyst, f"{LAB}{entry.pk}/")
    analyst.post(LAB, sent({}))
    again = Comparison.objects.get()
    assert again.run_id != entry.run.pk


@pytest.mark.parametrize("address", ["", "{pk}/", "{pk}/0/use/", "{pk}/0/points/"])
def test_a_page_of_the_lab_asks_few_questions(
    analyst: Client, address: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_snapshot(60)
    for k in (2, 3, 4):
        entry = compared({"k": k}, {"k": k, "space": "pca"})
    with django_assert_max_num_queries(13):
        analyst.get(LAB + address.format(pk=entry.pk))


def test_a_chosen_way_that_waits_or_was_turned_down_is_not_told_as_shown(analyst: Client) -> None:
    make_snapshot(60)
    assert "How segments are formed now" in text_of(analyst, LAB)
    assert "Found in the figures, not chosen by hand" in text_of(analyst, "/segments/")
    entry = compared()
    manager = make_user("manager")
    services.set_publishing(asks_first=True, by=manager)
    page = analyst.post(f"{LAB}{entry.pk}/0/use/", follow=True).content.decode()
    assert "New results wait until somebody promotes them" in page
    assert "How segments are to be formed" in page
    assert "The segments on every page are formed by: The built-in way." in page
    waiting = refreshed(Run.objects.get(kind="segmentation.refresh", state="pending"))
    assert "Newer results wait for a decision" in text_of(analyst, LAB)
    services.decline_candidate(snapshot=waiting, by=manager)
    assert "turned down" in text_of(analyst, LAB)
    choice = current_choice()
    assert choice is not None
    analyst.post(f"{LAB}choices/{choice.pk}/use/")
    run = Run.objects.get(kind="segmentation.refresh", state="pending")
    assert (run.params["choice"], SegmentationChoice.objects.count()) == (choice.pk, 1)


def test_segments_page_names_the_way_that_was_chosen_in_the_lab(analyst: Client) -> None:
    make_snapshot(60)
    analyst.post(f"{LAB}{compared().pk}/0/use/")
    refreshed(Run.objects.get(kind="segmentation.refresh", state="pending"))
    page = text_of(analyst, "/segments/")
    assert "Formed by the way chosen in the lab: K-means on " in page
    assert "not chosen by hand" not in page
    assert "How segments are formed now" in text_of(analyst, LAB)
