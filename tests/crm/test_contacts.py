"""What files of customers say about people: merged by id, found as one types, gone with their file."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from crm.models import Customer, CustomerRecord, Upload
from crm.selectors import contact_of, customer_of, keys_called, names_of
from crm.views import customer_search
from crm.views.customer_profile import profile_data
from crm.views.customer_search import read_filter
from tests.crm.ledger_kinds import publish_rows
from tests.crm.test_visits import EVENTS
from tests.factories import make_snapshot, make_token, make_user
from tests.many_scores import make_scores

pytestmark = pytest.mark.django_db


@pytest.fixture
def marketer(client: Client) -> Client:
    client.force_login(make_user())
    return client


def make_records(*people: dict[str, Any], state: str = Upload.State.PUBLISHED) -> Upload:
    """A file of customers that says this, published unless told otherwise."""
    number = Upload.objects.count()
    upload = Upload.objects.create(
        file_name=f"customers-{number}.csv",
        kind="customers",
        size=1,
        sha256=f"customers-{number}",
        state=state,
        source=Upload.Source.COMMAND,
        received_at=timezone.now(),
        lines=len(people),
        accepted=len(people),
    )
    for line, words in enumerate(people, start=1):
        _make_record(upload, line, **words)
    return upload


def _make_record(upload: Upload, line: int, *, customer: str, **words: Any) -> None:
    name, email = words.get("name", ""), words.get("email", "")
    person, _ = Customer.objects.get_or_create(
        external_id=customer, defaults={"search_key": customer.casefold(), "created_at": timezone.now()}
    )
    keys = {"name_key": name.casefold(), "surname_key": name.casefold().split(" ")[-1], "email_key": email.casefold()}
    CustomerRecord.objects.create(upload=upload, customer=person, line_no=line, **words, **keys)


ANN = {"customer": "1", "name": "Ann Smith", "email": "Ann@Example.com", "consent": True, "city": "Leeds"}


def found(text: str) -> list[str]:
    keys = keys_called(text, 10)
    return sorted(Customer.objects.filter(pk__in=keys).values_list("external_id", flat=True))


# --- merging ---


def test_the_later_file_counts_field_by_field_where_it_says_something() -> None:
    make_records({**ANN, "birth_date": date(1980, 5, 17), "attributes": {"size": "M", "club": "gold"}})
    make_records({"customer": "1", "name": "Ann Jones", "consent": False, "attributes": {"size": "L"}})
    contact = contact_of(Customer.objects.get(external_id="1"))
    assert contact is not None
    assert (contact.name, contact.email, contact.consent, contact.city) == (
        "Ann Jones",
        "Ann@Example.com",
        False,
        "Leeds",
    )
    assert contact.attributes == {"size": "L", "club": "gold"}
    assert [contact.age(day) for day in (date(2025, 5, 16), date(2025, 5, 17))] == [44, 45]


def test_taking_a_file_back_takes_its_words_back_and_leaves_the_others() -> None:
    make_records(ANN)
    later = make_records({"customer": "1", "name": "Ann Jones"})
    person = Customer.objects.get(external_id="1")
    assert names_of({person.pk}) == {person.pk: "Ann Jones"}
    Upload.objects.filter(pk=later.pk).update(state=Upload.State.UNDONE)
    assert names_of({person.pk}) == {person.pk: "Ann Smith"}
    Upload.objects.update(state=Upload.State.UNDONE)
    assert (contact_of(person), names_of({person.pk})) == (None, {})


@pytest.mark.parametrize("state", [state for state in Upload.State.values if state != Upload.State.PUBLISHED])
def test_only_a_published_file_speaks(state: str) -> None:
    make_records(ANN, state=state)
    assert contact_of(Customer.objects.get(external_id="1")) is None
    assert found("ann") == []


# --- search ---


@pytest.mark.parametrize("text", ["ann", "ANN SM", "smith", "Smi", "ann@", "ANN@EXAMPLE.COM", " ann "])
def test_people_are_found_by_name_surname_and_address(text: str) -> None:
    make_records(ANN, {"customer": "2", "name": "Bob Miller"})
    assert found(text) == ["1"]


@pytest.mark.parametrize("text", ["", " ", "nn", "example", "%", "_nn", "\x00"])
def test_what_does_not_begin_like_this_is_not_found(text: str) -> None:
    make_records(ANN)
    assert found(text) == []


def test_suggestions_name_the_person_beside_the_id(marketer: Client) -> None:
    make_snapshot(6)
    make_records(ANN, {"customer": "nobody", "name": "Anna Nowhere"})
    page = marketer.get("/customer-suggestions/", {"q": "ann"}).content.decode()
    assert "1 · Ann Smith" in page
    assert "nobody · Anna Nowhere" in page
    assert "no purchase yet" in page


@pytest.mark.parametrize("ordering", ["customer_id", "-clv", "revenue"])
def test_the_list_finds_by_name_and_shows_it(marketer: Client, ordering: str) -> None:
    make_snapshot(6)
    make_records(ANN, {"customer": "4", "name": "Anton Ash"}, {"customer": "999", "name": "Ann Unknown"})
    answer = marketer.get("/customers/", {"q": "an", "ordering": ordering})
    assert sorted(row["customer_id"] for row in answer.context["rows"]) == ["1", "4"]
    assert "Anton Ash" in answer.content.decode()
    assert [customer.external_id for customer in answer.context["unscored"]] == ["999"]


def test_ids_and_names_are_found_together_on_every_page_of_the_list() -> None:
    snapshot = make_scores(120)
    keys = list(Customer.objects.order_by("pk").values_list("external_id", flat=True))
    make_records(*({"customer": key, "name": f"C-person {key}"} for key in keys[:60]))
    wanted = read_filter({"search": "c"})
    seen, cursor = [], ""
    while True:
        page = customer_search.customer_page(snapshot, wanted, cursor=cursor)
        seen += [row.pk for row in page.rows]
        if not page.next:
            break
        cursor = page.next
    assert len(seen) == len(set(seen)) == 120


def test_very_many_people_of_one_name_are_still_listed_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(customer_search, "FEW", 5)
    snapshot = make_scores(40)
    keys = list(Customer.objects.order_by("search_key").values_list("external_id", flat=True))
    make_records(*({"customer": key, "name": "Zoe Zander"} for key in keys[:20]))
    for ordering in ("customer_id", "-clv"):
        page = customer_search.customer_page(snapshot, read_filter({"search": "zoe", "ordering": ordering}), cursor="")
        assert sorted(row.customer.external_id for row in page.rows) == keys[:20]


# --- where it shows ---


def test_the_profile_has_a_card_of_contact_details(marketer: Client) -> None:
    make_snapshot(6)
    make_records({**ANN, "birth_date": date(1980, 5, 17), "country": "UK", "attributes": {"Shoe size": "38"}})
    page = marketer.get(reverse("crm:customer-detail", args=["1"])).content.decode()
    for text in (
        "Ann Smith",
        "Ann@Example.com",
        "Has agreed to be written to",
        "17 May 1980",
        "Leeds, UK",
        "Shoe size",
    ):
        assert text in page
    assert "From the file customers-" in page


@pytest.mark.parametrize(
    ("consent", "words"), [(False, "Does not want to be written to"), (None, "ask before you write")]
)
def test_consent_is_said_in_words(marketer: Client, consent: bool | None, words: str) -> None:
    make_snapshot(6)
    make_records({**ANN, "consent": consent})
    assert words in marketer.get("/customers/1/").content.decode()


def test_somebody_without_purchases_has_a_profile_that_says_so(marketer: Client) -> None:
    make_snapshot(6)
    make_records({"customer": "new", "name": "Nora New"})
    page = marketer.get("/customers/new/").content.decode()
    assert "Nora New" in page
    assert "stands in a file of customers but bought nothing by" in page


def test_without_any_purchases_the_list_says_what_is_missing(marketer: Client) -> None:
    make_records(ANN)
    assert "Their purchases are missing" in marketer.get("/customers/").content.decode()


def test_a_profile_without_such_files_has_neither_card(marketer: Client) -> None:
    make_snapshot(6)
    page = marketer.get("/customers/1/").content.decode()
    assert "Consent" not in page
    assert "Visits to the site" not in page


def test_the_profile_has_the_newest_visits(marketer: Client) -> None:
    make_snapshot(12)
    publish_rows("events", EVENTS)
    page = marketer.get("/customers/7/").content.decode()
    assert "Visits to the site" in page
    assert "2 visits, 1 of them converted, 4 events." in page
    assert "https://search.example/" in page
    assert "Visits to the site" not in marketer.get("/customers/3/").content.decode()


def test_api_and_command_say_the_same_of_contact_and_visits(client: Client) -> None:
    make_snapshot(12)
    publish_rows("events", EVENTS)
    make_records({**ANN, "customer": "7"})
    key = make_token(make_user())
    answer = client.get("/api/v1/customers/7/", headers={"Authorization": f"Token {key}"}).json()
    assert answer["contact"] == {
        "name": "Ann Smith",
        "email": "Ann@Example.com",
        "country": None,
        "city": "Leeds",
        "birth_date": None,
        "consent": True,
        "attributes": {},
    }
    assert (answer["visits"]["sessions"], answer["visits"]["events"]) == (2, 4)
    customer = customer_of("7")
    assert customer is not None
    printed = profile_data(customer)
    assert printed["contact"] == answer["contact"]
    assert printed["visits"] == answer["visits"]
    listed = client.get("/api/v1/customers/?search=smith", headers={"Authorization": f"Token {key}"}).json()
    assert [(row["customer_id"], row["name"]) for row in listed["results"]] == [("7", "Ann Smith")]


def test_names_on_a_page_take_one_query(django_assert_max_num_queries: Any) -> None:
    make_snapshot(12)
    make_records(*({"customer": str(key), "name": f"Person {key}"} for key in range(1, 13)))
    with django_assert_max_num_queries(1):
        assert len(names_of(set(range(1, 13)))) == 12
