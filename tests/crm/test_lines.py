"""Lines as people and scripts look through them: filters, pages by key, returns with their sales."""

from typing import Any

import pytest
from django.test import Client

from crm.models import Upload
from tests.factories import PASSWORD, imported, make_upload, make_user, undone

pytestmark = pytest.mark.django_db

# The two great returns of Online Retail, and a few lines around them.
RETAIL = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART,6,12/1/2010 8:26,2.55,17850,United Kingdom
541431,23166,MEDIUM CERAMIC TOP STORAGE JAR,74215,1/18/2011 10:01,1.04,12346,United Kingdom
C541433,23166,MEDIUM CERAMIC TOP STORAGE JAR,-74215,1/18/2011 10:17,1.04,12346,United Kingdom
536370,22728,ALARM CLOCK,24,12/1/2010 8:45,3.75,12583,France
581483,23843,"PAPER CRAFT , LITTLE BIRDIE",80995,12/9/2011 9:15,2.08,16446,United Kingdom
C581484,23843,"PAPER CRAFT , LITTLE BIRDIE",-80995,12/9/2011 9:27,2.08,16446,United Kingdom
536544,21773,DECORATIVE ROSE,1,12/1/2010 14:32,2.51,,United Kingdom
"""


@pytest.fixture
def marketer(client: Client) -> Client:
    client.login(username=make_user().username, password=PASSWORD)
    return client


@pytest.fixture
def retail() -> Upload:
    return imported(make_upload(RETAIL, name="retail.csv"))


def orders(client: Client, **query: Any) -> list[str]:
    return [line["order_id"] for line in client.get("/transactions/", query).context["lines"]]


def test_transactions_are_shown_newest_first_with_links_to_customer_and_file(marketer: Client, retail: Upload) -> None:
    answer = marketer.get("/transactions/")
    found = [line["order_id"] for line in answer.context["lines"]]
    assert found == ["C581484", "581483", "C541433", "541431", "536544", "536370", "536365"]
    text = answer.content.decode()
    assert 'href="/customers/12346/"' in text
    assert f'href="/uploads/{retail.pk}/">retail.csv</a>' in text
    assert "Guest" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"customer_id": "12346"}, ["C541433", "541431"]),
        ({"customer_id": "nobody"}, []),
        ({"order_id": "536370"}, ["536370"]),
        ({"item_id": "23843"}, ["C581484", "581483"]),
        ({"country": "France"}, ["536370"]),
        ({"returns": "true"}, ["C581484", "C541433"]),
        ({"returns": "false", "from": "2011-01-01"}, ["581483", "541431"]),
        ({"from": "2010-12-01", "to": "2010-12-01"}, ["536544", "536370", "536365"]),
        ({"upload": "999999"}, []),
    ],
)
def test_each_filter_shows_what_fits(
    marketer: Client, retail: Upload, query: dict[str, str], expected: list[str]
) -> None:
    assert orders(marketer, **query) == expected


@pytest.mark.parametrize(
    ("query", "word"), [({"from": "soon"}, "date"), ({"from": "2011-02-01", "to": "2011-01-01"}, "before")]
)
def test_a_filter_that_makes_no_sense_says_so(
    marketer: Client, retail: Upload, query: dict[str, str], word: str
) -> None:
    answer = marketer.get("/transactions/", query)
    assert answer.status_code == 200
    assert answer.context["lines"] == []
    assert word in str(answer.context["form"].errors)


@pytest.mark.parametrize("name", ["customer_id", "order_id"])
def test_a_return_names_the_order_that_it_takes_back(marketer: Client, retail: Upload, name: str) -> None:
    value = {"customer_id": "12346", "order_id": "C541433"}[name]
    assert "returns line of order 541431" in marketer.get("/transactions/", {name: value}).content.decode()


@pytest.mark.parametrize(("customer", "order"), [("12346", "541431"), ("16446", "581483")])
def test_the_customers_page_names_it_too(marketer: Client, retail: Upload, customer: str, order: str) -> None:
    assert f"returns line of order {order}" in marketer.get(f"/customers/{customer}/").content.decode()


def test_pages_by_key_show_every_line_once_whatever_the_files(
    marketer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = "order,date,customer,item,quantity,price\n"
    for day in (3, 1, 2):
        rows = [f"D{day}-{n},2025-03-0{day} 1{n % 10}:00:00,c{n},cup,1,{n + 1}\n" for n in range(7)]
        imported(make_upload(header + "".join(rows)))
    monkeypatch.setattr("crm.views.lines.PAGE_SIZE", 4)
    seen: list[str] = []
    address = "/transactions/"
    while address:
        answer = marketer.get(address)
        seen += [line["order_id"] for line in answer.context["lines"]]
        address = answer.context["next"] and f"/transactions/{answer.context['next']}"
    assert seen == [f"D{day}-{n}" for day in (3, 2, 1) for n in reversed(range(7))]


def test_a_cursor_that_somebody_made_up_is_the_first_page(marketer: Client, retail: Upload) -> None:
    assert len(marketer.get("/transactions/", {"cursor": "x_1_y"}).context["lines"]) == 7


def test_an_uploads_lines_are_shown_in_the_order_of_its_file(marketer: Client, retail: Upload) -> None:
    answer = marketer.get(f"/uploads/{retail.pk}/lines/")
    assert [line["line_no"] for line in answer.context["lines"]] == [1, 2, 3, 4, 5, 6, 7]
    undone(retail)
    assert "None of this file" in marketer.get(f"/uploads/{retail.pk}/lines/").content.decode()


def test_without_any_line_the_page_says_what_to_do(marketer: Client) -> None:
    assert "No lines yet" in marketer.get("/transactions/").content.decode()


def test_the_api_has_the_same_filters_and_the_sale_behind_a_return(marketer: Client, retail: Upload) -> None:
    answer = marketer.get("/api/v1/transactions/", {"customer_id": "12346", "returns": "true"}).json()
    (line,) = answer["results"]
    assert (line["order_id"], line["returned_sale"]["order_id"], line["returned_sale"]["line"]) == (
        "C541433",
        "541431",
        2,
    )
    found = marketer.get("/api/v1/transactions/", {"country": "France", "upload": str(retail.pk)}).json()["results"]
    assert [each["order_id"] for each in found] == ["536370"]
    assert marketer.get("/api/v1/transactions/", {"returns": "perhaps"}).status_code == 400
    assert marketer.get("/api/v1/transactions/", {"upload": "x"}).status_code == 400
