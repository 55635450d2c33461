"""The views for dashboards, read as a dashboard would: by a plain SQL client of its own."""

import json
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from crm.models import Customer
from loyalty.dashboards import VIEWS, create_views, drop_views
from tests.factories import make_anomaly, make_rules, reviewed
from tests.loyalty.test_review import MAY, ORDERS
from tests.loyalty.world import publish_scores

pytestmark = pytest.mark.django_db(transaction=True)

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def ask() -> Ask:
    """A client that is not ours: a read-only connection under the role made for it, or to the file."""
    create_views()
    database = connection.settings_dict
    if connection.vendor != "postgresql":
        return lambda query: sqlite3.connect(f"file:{database['NAME']}?mode=ro", uri=True).execute(query).fetchall()
    out = StringIO()
    call_command("dashboard_role", "--json", stdout=out)
    made = json.loads(out.getvalue())
    where = {"host": database["HOST"], "port": database["PORT"] or None, "dbname": database["NAME"]}

    def asked(query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(**where, user=made["role"], password=made["password"]) as client:
            return client.execute(query).fetchall()

    return asked


@pytest.fixture
def shop() -> None:
    make_rules()
    publish_scores(MAY, ORDERS)
    reviewed()
    publish_scores(MAY + timedelta(days=10), {**ORDERS, 1: 2})
    reviewed()
    make_anomaly()


def test_a_plain_client_reads_customers_members_events_and_figures(ask: Ask, shop: None) -> None:
    members = "SELECT customer_id, grace_until IS NOT NULL FROM dashboard_members WHERE is_member = 1 ORDER BY 1"
    assert [(key, bool(warned)) for key, warned in ask(members)] == [("c1", True), ("c2", False)]
    joined = """SELECT member.customer_id, customer.revenue_12m, customer.orders_12m, customer.segment
        FROM dashboard_members AS member JOIN dashboard_customers AS customer USING (customer_id) ORDER BY 1"""
    found = [(key, float(money), orders, segment) for key, money, orders, segment in ask(joined)]
    assert found == [("c1", 200.0, 2, "Everyone"), ("c2", 600.0, 6, "Everyone")]
    assert ask("SELECT kind, count(*) FROM dashboard_events GROUP BY kind ORDER BY kind") == [
        ("joined", 2),
        ("warned", 1),
    ]
    figures = "SELECT metric, value FROM dashboard_metrics WHERE programme = 'Insiders' ORDER BY day, metric"
    assert [(name, float(value)) for name, value in ask(figures)][:5] == [
        *(("eligible", 2.0), ("joined", 2.0), ("left", 0.0), ("members", 2.0), ("warned", 0.0)),
    ]
    assert len(ask("SELECT * FROM dashboard_anomalies")) == 1
    assert len(ask("SELECT * FROM dashboard_customers")) == Customer.objects.filter(pk__in=ORDERS).count() == 4


def test_the_reader_changes_nothing_and_sees_no_other_table(ask: Ask, shop: None) -> None:
    errors = (psycopg.Error, sqlite3.Error)
    with pytest.raises(errors):
        ask("INSERT INTO loyalty_programme (name) VALUES ('mine')")
    with pytest.raises(errors):
        ask("CREATE TABLE mine (id int)")
    if connection.vendor == "postgresql":
        for table in ("core_user", "crm_customerrecord", "loyalty_membernote", "core_webhookendpoint"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ask(f"SELECT * FROM {table}")


def test_the_views_go_before_migrations_and_come_back_with_their_rights(ask: Ask, shop: None) -> None:
    drop_views()
    with pytest.raises((psycopg.Error, sqlite3.Error)):
        ask("SELECT * FROM dashboard_members")
    create_views()
    for name in VIEWS:
        ask(f"SELECT * FROM {name}")


def test_the_role_is_refused_where_there_are_none_and_under_a_name_of_ours() -> None:
    name = "insiders_reader" if connection.vendor != "postgresql" else "postgres"
    with pytest.raises(CommandError):
        call_command("dashboard_role", "--name", name)
