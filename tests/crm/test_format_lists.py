"""The lists of known tables and names agree with the fields, whatever the order of a file's columns."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from crm.fields import KINDS
from crm.intake.formats import KNOWN, by_name
from crm.intake.formats.names import SYNONYMS
from tests.crm.looking import look
from tests.crm.test_known_formats import RETAIL, rows


def test_known_tables_name_real_fields_and_kinds() -> None:
    for known in KNOWN:
        assert known.fields.keys() <= set(KINDS[known.kind].names), known.name
        assert not list(KINDS[known.kind].missing(known.fields)), known.name
        assert not known.shape or len(known.shape) == len(known.columns), known.name


def test_every_field_has_words_and_every_word_finds_its_field() -> None:
    for kind in KINDS.values():
        for name in kind.names:
            assert by_name(SYNONYMS[name][0], kind.name)[name] == 1.0
            assert by_name(SYNONYMS[name][-1].title(), kind.name)[name] > 0.9


@settings(max_examples=25, deadline=None)
@given(order=st.permutations(list(RETAIL.values())), seed=st.integers(0, 2**16))
def test_the_order_of_columns_does_not_matter(order: list[str], seed: int) -> None:
    draw = random.Random(seed)
    values: dict[str, Any] = {
        "InvoiceNo": lambda n: f"{536365 + n}",
        "StockCode": lambda n: draw.choice(["85123A", "71053"]),
        "Description": lambda n: "WHITE HANGING HEART",
        "Quantity": lambda n: str(draw.randint(1, 9)),
        "InvoiceDate": lambda n: f"{draw.randint(1, 12)}/{13 + n}/2011 8:26",
        "UnitPrice": lambda n: f"{draw.randint(1, 9)}.25",
        "CustomerID": lambda n: str(17850 + n),
        "Country": lambda n: "France",
    }
    proposal = look(rows(",".join(order), *(",".join(values[name](n) for name in order) for n in range(6))))
    assert (proposal.columns, proposal.uncertain) == (RETAIL, [])
