"""What the mapping page says of the lines that an import would set aside: only what was looked at."""

from typing import Any

import pytest
from django.test import Client

from crm.models import Upload
from tests.factories import make_upload, make_user, sniffed

pytestmark = pytest.mark.django_db
ASKING = "date,customer,amount\n01/02/2025,ann,4.50\n03/04/2025,bob,2.00\n"
GUESSED = "Bought,customer,amount\n" + "".join(
    f"{day},c{n % 3},{n}.50\n" for n, day in enumerate(["soon", *(f"2025-03-{day:02d}" for day in range(1, 20))])
)


@pytest.fixture
def client() -> Client:
    client = Client()
    client.force_login(make_user("marketer"))
    return client


def found_in(upload: Upload) -> dict[str, Any]:
    found: dict[str, Any] | None = upload.sniff
    assert found
    return found


def page_of(client: Client, upload: Upload) -> str:
    return client.get(f"/uploads/{upload.pk}/").content.decode()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (ASKING, "Decide how dates are written first; then this says what can be read."),
        (
            "when,customer,amount\nsoon,ann,4.50\nlate,bob,2.00\n",
            "Decide first which column is the date of the purchase; then this says what can be read.",
        ),
        ("date,customer,amount\n", "There are no lines to read."),
    ],
)
def test_what_was_not_looked_at_is_not_said_to_be_readable(client: Client, text: str, sentence: str) -> None:
    upload = sniffed(make_upload(text))
    assert upload.state == Upload.State.MAPPING
    assert found_in(upload)["problems"] is None
    page = page_of(client, upload)
    assert sentence in page
    assert "lines can be read." not in page


def test_a_guess_is_looked_at_as_if_it_were_right(client: Client) -> None:
    upload = sniffed(make_upload(GUESSED))
    assert "ordered_at" in {item["field"] for item in found_in(upload)["uncertain"]}
    assert [(item["code"], item["lines"]) for item in found_in(upload)["problems"]] == [("bad_date", 1)]
    page = page_of(client, upload)
    assert "1 of the first 20 lines would be set aside" in page


def test_an_address_that_takes_choices_leads_to_its_page_when_it_is_reloaded(client: Client) -> None:
    upload = sniffed(make_upload(ASKING))
    assert (
        client.post(
            f"/uploads/{upload.pk}/confirm/", {"kind": "transactions", "shown_kind": "transactions"}
        ).status_code
        == 422
    )
    for name in ("confirm", "check"):
        answer = client.get(f"/uploads/{upload.pk}/{name}/")
        assert (answer.status_code, answer["Location"]) == (302, f"/uploads/{upload.pk}/")
    answer = client.get("/transactions/export/")
    assert (answer.status_code, answer["Location"]) == (302, "/transactions/")
