"""Any table that we do not know is proposed as well as its names and values allow; what they leave open is asked."""

import pytest

from crm.intake.proposal import Proposal
from tests.crm.looking import look

BEHAVIOUR = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session"
EVENTS = [
    "2019-10-01 00:00:01 UTC,view,39008,20530135,appliances.kettle,aqua,33.20,55474,72d76",
    "2019-10-01 00:00:02 UTC,purchase,39009,20530135,,aqua,12.10,55475,72d77",
]


def asked(proposal: Proposal) -> set[str]:
    return {item["field"] for item in proposal.uncertain}


def rows(header: str, *lines: str) -> str:
    return "\n".join([header, *lines]) + "\n"


LANGUAGES = {
    "German": "Bestellnummer;Bestelldatum;Kundennummer;Artikelnummer;Bezeichnung;Menge;Einzelpreis",
    "French": "Numéro de commande;Date de commande;Client;Référence;Désignation;Quantité;Prix unitaire",
    "Spanish": "Número de pedido;Fecha;Cliente;Código artículo;Descripción;Cantidad;Precio unitario",
    "Italian": "Numero ordine;Data ordine;Cliente;Codice articolo;Descrizione;Quantità;Prezzo unitario",
    "Dutch": "Bestelnummer;Besteldatum;Klantnummer;Artikelnummer;Omschrijving;Aantal;Stukprijs",
    "Portuguese": "Número do pedido;Data do pedido;Cliente;Código do produto;Descrição;Quantidade;Preço unitário",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_headers_in_another_language(language: str) -> None:
    header = LANGUAGES[language]
    lines = [
        f"B{n // 2};{1 + n % 28:02d}.03.2025;K{n % 7};A{n % 5};Tasse;{1 + n % 3};{4 + n % 4},50" for n in range(40)
    ]
    proposal = look(rows(header, *lines))
    fields = ["order_id", "ordered_at", "customer_id", "item_id", "description", "quantity", "unit_price"]
    assert proposal.columns == dict(zip(fields, header.split(";"), strict=True))
    assert (proposal.options["date_format"], proposal.options["decimal"]) == ("31.12.2010", ",")
    assert not proposal.uncertain


def test_columns_without_names_are_guessed_from_their_values_and_asked_about() -> None:
    lines = [f"A{n // 3},2025-03-{1 + n % 27:02d},c{n // 3 % 9},{1 + n % 3},{2 + n % 5}.50" for n in range(90)]
    totals = [f"{line},{(1 + n % 3) * (2.5 + n % 5):.2f}" for n, line in enumerate(lines)]
    proposal = look("\n".join(totals))
    assert proposal.columns == {
        "ordered_at": "column 2",
        "customer_id": "column 3",
        "order_id": "column 1",
        "quantity": "column 4",
        "unit_price": "column 5",
        "amount": "column 6",
    }
    assert {"ordered_at", "amount", "customer_id"} <= asked(proposal)
    assert max(proposal.confidence.values()) < 0.9
    assert proposal.reasons["amount"] == "It is “column 4” times “column 5”."


def test_a_name_that_its_values_contradict_is_not_believed() -> None:
    proposal = look("date,customer,amount\nmonday,ann,1.50\ntuesday,bob,2.50\n")
    assert "ordered_at" not in proposal.columns
    assert "ordered_at" in asked(proposal)
    assert "“monday”" in proposal.notices[0]["sentence"]


@pytest.mark.parametrize(
    ("dates", "is_asked"),
    [(["01/02/2025", "03/04/2025"], True), (["01/02/2025", "13/04/2025"], False), (["1.2.2025", "3.4.2025"], False)],
)
def test_day_or_month_first_is_asked_and_never_guessed(dates: list[str], is_asked: bool) -> None:
    proposal = look(rows("date,customer,amount", *(f"{date},ann,1.50" for date in dates)))
    assert ("date_format" in asked(proposal)) is is_asked
    assert ("date_format" in proposal.options) is not is_asked


@pytest.mark.parametrize(
    ("first", "step", "name"),
    [(40513, 1, "Excel serial number"), (1700000000, 3600, "Unix seconds"), (1700000000000, 3600, "Unix milliseconds")],
)
def test_time_as_a_number_is_named_and_asked_about(first: int, step: int, name: str) -> None:
    proposal = look(rows("date,customer,amount", *(f"{first + n * step},c{n},1.50" for n in range(5))))
    assert proposal.options["date_format"] == name
    assert asked(proposal) == {"date_format"}


def test_a_column_says_what_was_cancelled() -> None:
    lines = [
        f"{n},2025-03-{1 + n % 27:02d},c{n % 7},{10 + n}.00,{'Refunded' if n % 8 == 0 else 'paid'}" for n in range(40)
    ]
    proposal = look(rows("order,date,customer,total,status", *lines))
    rule = {"column": "status", "values": ["Refunded"]}
    assert proposal.options["cancellation"] == rule | {"effect": "leave_out"}
    assert proposal.choices["cancellation"]["states"][0]["values"][1]["lines"] == 5


def test_a_line_beside_the_sale_that_it_undoes_is_subtracted() -> None:
    sales = [f"{n},2025-03-{1 + n % 27:02d},c{n % 7},{10 + n}.00,paid" for n in range(20)]
    undone = [line.replace("paid", "refunded") for line in sales[:4]]
    proposal = look(rows("order,date,customer,total,status", *sales, *undone))
    assert proposal.options["cancellation"]["effect"] == "take_back"


def test_an_order_total_that_is_repeated_on_each_line_is_not_added_up() -> None:
    lines = [f"{n // 3},2025-03-14,c{n % 7},{1 + n % 2},5.00,{25 + n // 3}.00" for n in range(30)]
    proposal = look(rows("order,date,customer,quantity,price,total", *lines))
    assert "amount" not in proposal.columns
    assert [item["code"] for item in proposal.notices] == ["repeated_total"]


def test_spellings_of_one_id_are_shown() -> None:
    lines = ["2025-03-14,12,1.50", "2025-03-15,0012,2.50", "2025-03-15,Ann@x.com,2.50", "2025-03-16,ann@x.com,2.50"]
    proposal = look(rows("date,customer,amount", *lines))
    assert proposal.choices["spellings"] == {"groups": 2, "examples": [["0012", "12"], ["Ann@x.com", "ann@x.com"]]}


def test_another_currency_is_said_beforehand() -> None:
    proposal = look(rows("date,customer,amount,currency", "2025-03-14,ann,1.50,USD", "2025-03-15,bob,1.50,GBP"))
    assert "USD (1 lines)" in proposal.notices[0]["sentence"]


def test_a_person_may_say_what_kind_of_table_it_is() -> None:
    table = rows(BEHAVIOUR, *EVENTS)
    proposal = look(table, kind="transactions")
    assert (proposal.kind, proposal.kind_reason) == ("transactions", "As you chose.")
    assert proposal.columns["ordered_at"] == "event_time"
