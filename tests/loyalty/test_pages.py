"""What a person meets: the list with reasons, the rules, the reviews, a member's own page, the report."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import DjangoAssertNumQueries

from crm.models import Customer
from loyalty.models import Membership, Review, RuleVersion
from loyalty.selectors.members import Filters, members
from loyalty.selectors.profile import membership_of
from loyalty.selectors.standing import default_programme
from segmentation.selectors import current_snapshot
from tests.factories import make_review, make_rules, make_user, reviewed
from tests.loyalty.world import publish_scores

pytestmark = pytest.mark.django_db

MAY = date(2025, 5, 31)


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_user("manager"))
    return client


@pytest.fixture
def list_of_two() -> None:
    make_rules()
    publish_scores(MAY, {1: 9, 2: 6, 3: 5, 4: 1})
    reviewed()


def sent(entry: str, stay: str, **more: str) -> dict[str, str]:
    """What the form of one condition on orders sends."""
    return {"row": "0", "feature_0": "orders_12m", "operator_0": ">=", "entry_0": entry, "stay_0": stay, **more}


def text(client: Client, name: str, **kwargs: int) -> str:
    return client.get(reverse(name, kwargs=kwargs)).content.decode()


def test_members_are_listed_with_their_reasons(manager: Client, list_of_two: None) -> None:
    page = text(manager, "loyalty:insiders")
    assert "Joined on 31 May 2025: 9 orders in the last 12 months (6 needed)." in page
    assert ">c1<" in page
    assert ">c3<" not in page


def test_before_any_result_the_pages_say_what_to_do(manager: Client) -> None:
    assert "Upload your order file" in text(manager, "loyalty:insiders")
    assert "No rules yet" in text(manager, "loyalty:rules")
    assert "No review was made yet" in text(manager, "loyalty:review-list")
    assert "No report yet" in text(manager, "loyalty:report")


def test_the_list_can_be_searched_by_the_start_of_an_id(manager: Client, list_of_two: None) -> None:
    page = manager.get(reverse("loyalty:insiders"), {"q": "C2"}).content.decode()
    assert ">c2<" in page
    assert ">c1<" not in page
    none = manager.get(reverse("loyalty:insiders"), {"q": "zzz"}).content.decode()
    assert "No member matches these filters." in none


def test_pages_of_the_list_meet_without_gap_or_repeat() -> None:
    make_rules()
    publish_scores(MAY, dict.fromkeys(range(1, 12), 7))
    reviewed()
    seen: list[str] = []
    cursor: str | None = ""
    pages = []
    while cursor is not None:
        page = members(default_programme(), current_snapshot(), Filters(), cursor=cursor, size=4)
        pages.append(page)
        seen += [member.external_id for member in page.members]
        cursor = page.next
    assert sorted(seen) == sorted(f"c{key}" for key in range(1, 12))
    assert len(seen) == 11
    back = members(default_programme(), current_snapshot(), Filters(), cursor=pages[-1].previous or "", size=4)
    assert back.members == pages[-2].members


def test_the_list_needs_the_same_few_queries_however_long_it_is(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    make_rules()
    publish_scores(MAY, dict.fromkeys(range(1, 80), 7))
    reviewed()
    snapshot, programme = current_snapshot(), default_programme()
    with django_assert_max_num_queries(7):
        assert len(members(programme, snapshot, Filters()).members) == 50


def test_an_unreadable_cursor_means_the_first_page(manager: Client, list_of_two: None) -> None:
    for cursor in ("x", "after_NaN_3", "after_1_99999999999999999999999", "before__"):
        assert ">c1<" in manager.get(reverse("loyalty:insiders"), {"cursor": cursor}).content.decode()


def test_a_members_page_tells_margins_and_story(manager: Client, list_of_two: None) -> None:
    page = text(manager, "loyalty:member-detail", pk=1)
    assert "A member since 31 May 2025." in page
    assert "5 to spare" in page


def test_a_customer_who_is_no_member_learns_what_is_missing(list_of_two: None) -> None:
    story = membership_of(Customer.objects.get(pk=3))
    assert not story.is_member
    assert story.outlook == "To become a member: 1 more order in the last 12 months."


def test_a_warned_member_learns_what_keeps_the_membership(list_of_two: None) -> None:
    publish_scores(MAY + timedelta(days=5), {1: 2, 2: 6})
    reviewed()
    story = membership_of(Customer.objects.get(pk=1))
    assert story.outlook == "Two more orders by 4 August 2025 keep the membership."
    assert story.sentences[-1] == (
        "Warned on 5 June 2025: 2 orders in the last 12 months (4 needed). The grace runs until 4 August 2025."
    )


def test_thresholds_are_previewed_in_people_and_money(manager: Client, list_of_two: None) -> None:
    page = manager.post(reverse("loyalty:rules"), sent("5", "3")).content.decode()
    assert "With these rules" in page
    assert "2,000.00 GBP" in page or "2.00 k GBP" in page
    assert RuleVersion.objects.count() == 1


@pytest.mark.parametrize(("entry", "words"), [("99", "Nobody meets these rules"), ("1", "Everybody meets these rules")])
def test_rules_that_admit_nobody_or_everybody_are_explained(
    manager: Client, list_of_two: None, entry: str, words: str
) -> None:
    Membership.objects.all().delete()
    page = manager.post(reverse("loyalty:rules"), sent(entry, "1")).content.decode()
    assert words in page


def test_stay_rules_harder_than_entry_are_refused_in_a_sentence(manager: Client, list_of_two: None) -> None:
    page = manager.post(reverse("loyalty:rules"), sent("3", "5", save="1")).content.decode()
    assert "must be no harder than the entry rules" in page
    assert RuleVersion.objects.count() == 1


def test_a_new_version_is_kept_and_put_in_force(manager: Client, list_of_two: None) -> None:
    second = {"feature_1": "revenue_12m", "operator_1": ">=", "entry_1": "100", "stay_1": "50"}
    manager.post(reverse("loyalty:rules"), sent("5", "3", save="1") | second | {"row": ["0", "1"]})
    version = RuleVersion.objects.get(number=2)
    assert version.entry == [
        {"feature": "orders_12m", "operator": ">=", "value": 5},
        {"feature": "revenue_12m", "operator": ">=", "value": 100},
    ]
    manager.post(reverse("loyalty:rules-approve", kwargs={"pk": version.pk}))
    assert reviewed().joined == 1
    assert RuleVersion.objects.get(number=1).state == RuleVersion.State.RETIRED


def test_a_proposed_review_is_approved_or_rejected_on_its_page(manager: Client) -> None:
    review = make_review()
    assert "Approve the whole review" in text(manager, "loyalty:review-detail", pk=review.pk)
    answer = manager.post(reverse("loyalty:review-approve", kwargs={"pk": review.pk}), follow=True)
    assert "review the current ones" in answer.content.decode()
    manager.post(reverse("loyalty:review-reject", kwargs={"pk": review.pk}))
    review.refresh_from_db()
    assert review.state == Review.State.REJECTED


def test_a_review_that_is_still_prepared_is_shown_nowhere(manager: Client) -> None:
    review = make_review(Review.State.PREPARING)
    assert manager.get(reverse("loyalty:review-detail", kwargs={"pk": review.pk})).status_code == 404
    assert "No review was made yet" in text(manager, "loyalty:review-list")


def test_the_export_is_safe_to_open_in_a_spreadsheet(manager: Client, list_of_two: None) -> None:
    Customer.objects.filter(pk=1).update(external_id="=HYPERLINK(1)")
    answer = manager.get(reverse("loyalty:members-csv"))
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0].startswith("customer_id,member_since")
    assert lines[1].startswith("'=HYPERLINK(1),2025-05-31,,900.000000,")
    assert len(lines) == 3
