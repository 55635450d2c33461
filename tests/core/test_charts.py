"""A chart and its table twin say the same."""

import json
from datetime import date
from decimal import Decimal

from django.template import Context, Template

from core.charts import Band, Chart, Link, Series

DAYS = [date(2011, 12, 8), date(2011, 12, 9)]
REVENUE = Chart(
    "revenue",
    "Revenue",
    "line",
    [Series("Seen", [Decimal("1234567.891"), None]), Series("Flagged", [None, 5], kind="scatter")],
    x=DAYS,
    x_label="Day",
    unit="GBP",
    band=Band("Usual", [1, 2], [3, 4]),
)


def render(chart: Chart) -> str:
    return Template("{% load insiders %}{% chart chart %}").render(Context({"chart": chart}))


def test_table_twin_holds_every_value_and_the_band() -> None:
    assert REVENUE.headings() == ["Day", "Seen", "Flagged", "Usual (low)", "Usual (high)"]
    assert REVENUE.rows() == [
        ["2011-12-08", "1,234,567.89", "–", "1", "3"],
        ["2011-12-09", "–", "5", "2", "4"],
    ]


def test_spec_is_plain_json_with_gaps_as_null() -> None:
    spec = json.loads(json.dumps(REVENUE.spec()))
    assert spec["x"] == ["2011-12-08", "2011-12-09"]
    assert spec["series"][0]["values"] == [1234567.891, None]
    assert [series["kind"] for series in spec["series"]] == ["line", "scatter"]
    assert spec["band"] == {"name": "Usual", "low": [1.0, 2.0], "high": [3.0, 4.0]}


def test_shares_are_drawn_as_shares_and_read_as_per_cent() -> None:
    chart = Chart("share", "Share", "bar", [Series("Share", [0.524])], x=["Loyal"], is_share=True)
    assert chart.spec()["series"][0]["values"] == [0.524]
    assert chart.rows() == [["Loyal", "52.4"]]
    assert chart.headings()[1] == "Share (%)"


def test_scatter_lists_its_points() -> None:
    chart = Chart(
        "s", "Clv", "scatter", [Series("Customers", points=[(1, Decimal("2.5"))])], x_label="Recency", unit="GBP"
    )
    assert chart.rows() == [["Customers", "1", "2.5"]]
    assert chart.spec()["series"][0]["values"] == [[1.0, 2.5]]


def test_chart_page_carries_data_table_and_own_csv() -> None:
    html = render(REVENUE)
    assert '<script id="chart-revenue" type="application/json">' in html
    assert html.count("<tr>") == 3
    assert "hidden href" in html, "without a file of its own the link waits for the script"
    assert 'href="/report.csv"' in render(Chart("c", "C", "bar", [Series("A", [1])], x=["a"], csv_url="/report.csv"))


def test_a_chart_without_figures_says_so() -> None:
    assert "no figures for this chart yet" in render(Chart("c", "C", "bar", [Series("A", [])]))


def test_data_cannot_close_its_script() -> None:
    html = render(Chart("c", "C", "bar", [Series("</script><b>", [1])], x=["a"]))
    assert "</script><b>" not in html


def test_sankey_lists_its_streams_with_their_details() -> None:
    links = [Link("Loyal", "Lost", 1234, ["5.00 GBP"])]
    chart = Chart("k", "Moves", "sankey", unit="customers", links=links, detail_labels=["Revenue"])
    assert chart.headings() == ["From", "To", "customers", "Revenue"]
    assert chart.rows() == [["Loyal", "Lost", "1,234", "5.00 GBP"]]
    assert chart.spec()["links"] == [["Loyal", "Lost", 1234.0]]
    assert "Show as table" in render(chart)
