"""Mappings that scripts send: what may be left out, and what is asked all the same."""

import json

import pytest
from django.test import Client

from core.models import ApiToken
from crm.models import SavedMapping
from crm.services import MappingError, confirm_mapping
from tests.factories import do_run, make_token, make_upload, make_user, sniffed

pytestmark = pytest.mark.django_db


def test_columns_that_are_left_out_are_those_proposed() -> None:
    upload = sniffed(make_upload())
    do_run(
        confirm_mapping(upload=upload, mapping={"options": {"guests": "customer_per_order"}, "name": "Till"}, by=None)
    )
    upload.refresh_from_db()
    assert upload.mapping
    assert upload.sniff
    assert upload.mapping["columns"] == upload.sniff["proposal"]["columns"]
    assert SavedMapping.objects.get().name == "Till"


def test_a_proposal_with_an_open_question_is_not_taken_unasked() -> None:
    upload = sniffed(make_upload("date,customer,amount\n01/02/2025,ann,4.50\n"))
    with pytest.raises(MappingError, match="month or the day first"):
        confirm_mapping(upload=upload, mapping={}, by=None)
    confirm_mapping(upload=upload, mapping={"options": {"date_format": "31/12/2010 (day first)"}}, by=None)


def test_a_kind_that_there_is_not_is_refused_in_words() -> None:
    upload = sniffed(make_upload())
    with pytest.raises(MappingError, match="transactions, events, sessions, customers"):
        confirm_mapping(upload=upload, mapping={"kind": "invoices", "columns": {}}, by=None)


def test_the_api_takes_lists_and_rules_as_options() -> None:
    client = Client(headers={"Authorization": f"Token {make_token(make_user(), ApiToken.Scope.WRITE)}"})
    upload = sniffed(
        make_upload("order,date,customer,total,status\n1,2025-03-14,ann,4.50,void\n2,2025-03-15,bob,2,paid\n")
    )
    rule = {"column": "status", "values": ["void"]}
    body = {"options": {"cancellation": rule, "attributes": ["status"]}, "name": "API"}
    answer = client.post(f"/api/v1/uploads/{upload.pk}/confirm/", json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer.json()["mapping"]["options"]["cancellation"]) == (202, rule)
