"""Filters, tags and components, rendered as pages render them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django import forms
from django.http import HttpRequest
from django.template import Context, Template
from django.test import RequestFactory

from core.navigation import NAVIGATION
from core.ui import Column

CUSTOMER, ORDERS = Column("Customer", "customer_id"), Column("Orders", "order_count", is_numeric=True)


def render(text: str, request: HttpRequest | None = None, **values: Any) -> str:
    context = Context({**values, **({"request": request} if request else {})})
    return Template("{% load insiders %}" + text).render(context).strip()


def request_for(url: str) -> HttpRequest:
    return RequestFactory().get(url)


def test_filters_read_as_quantities() -> None:
    text = "{{ m|money }}; {{ m|money:'EUR' }}; {{ s|share }}; {{ n|number }}; {{ d|days }}; {{ nothing|when }}"
    values: dict[str, Any] = {"m": Decimal("1234.5"), "s": 0.5, "n": 4372, "d": 41, "nothing": None}
    assert render(text, **values) == "1,234.50 GBP; 1,234.50 EUR; 50.0 %; 4,372; 41 days; –"


def test_amount_keeps_all_digits_for_whoever_points_at_it() -> None:
    html = render("{% amount value compact=True %}", value=Decimal("8911407.904123"), currency="EUR")
    assert 'title="8911407.904123 EUR"' in html
    assert ">8.91 M EUR<" in html


def test_when_has_the_exact_moment_for_machines() -> None:
    html = render("{{ day|when }}", day=date(2011, 12, 9))
    assert html == '<time datetime="2011-12-09" title="9 December 2011">9 Dec 2011</time>'


def test_icons_are_decoration_unless_they_have_a_label() -> None:
    assert 'aria-hidden="true"' in render("{% icon 'users' %}")
    labelled = render("{% icon 'users' label=label %}", label="People <3")
    assert 'role="img" aria-label="People &lt;3"' in labelled
    assert "/vendor/icons.svg#users" in labelled


def test_components_escape_what_they_are_given() -> None:
    html = render(
        "{% page_header title=bad %}{% endpage_header %}{% card title=bad %}{{ bad }}{% endcard %}{% badge bad %}"
        "{% alert title=bad %}{{ bad }}{% endalert %}",
        bad="<script>alert(1)</script>",
    )
    assert "<script>" not in html
    assert html.count("&lt;script&gt;") == 6


def test_page_header_keeps_its_buttons_as_html() -> None:
    assert "<button>Go</button>" in render("{% page_header title='T' %} <button>Go</button> {% endpage_header %}")


def test_navigation_leaves_out_places_that_do_not_exist() -> None:
    places = [("Gallery", "core:gallery", "star", ""), ("Moon", "core:no-such-page", "moon", "")]
    html = render("{% nav places %}", request_for("/gallery/"), places=places)
    assert "Gallery" in html
    assert "Moon" not in html


def test_navigation_marks_the_current_place_and_its_pages() -> None:
    places = [("Today", "core:today", "home", ""), ("Gallery", "core:gallery", "star", "")]
    html = render("{% nav places %}", request_for("/gallery/tables/"), places=places)
    assert html.count('aria-current="page"') == 1
    assert 'href="/gallery/" aria-current="page"' in html


@pytest.mark.parametrize(("permissions", "is_shown"), [(frozenset(), False), (frozenset({"team.manage"}), True)])
def test_navigation_shows_what_the_person_may_open(permissions: frozenset[str], is_shown: bool) -> None:
    places = [("Gallery", "core:gallery", "star", "team.manage")]
    html = render("{% nav places %}", request_for("/"), places=places, permissions=permissions)
    assert ("Gallery" in html) is is_shown


def test_every_place_asks_for_a_capability_that_exists() -> None:
    from core.permissions import PERMISSIONS

    assert {place.capability for place in NAVIGATION} <= set(PERMISSIONS)


def table(url: str, rows: Any = (1,)) -> str:
    text = (
        "{% table columns=columns caption='Customers' rows=rows empty='Nobody yet' %}<tr><td>x</td></tr>{% endtable %}"
    )
    return render(text, request_for(url), columns=[CUSTOMER, ORDERS], rows=rows)


def test_headings_sort_keep_the_filters_and_start_from_the_first_page() -> None:
    html = table("/?tier=gold&cursor=abc")
    assert 'href="?tier=gold&amp;ordering=customer_id"' in html
    assert 'href="?tier=gold&amp;ordering=-order_count"' in html, "numbers begin with the largest"
    assert "aria-sort" not in html


def test_the_sorted_heading_says_so_and_turns_round() -> None:
    html = table("/?ordering=-order_count")
    assert html.count('aria-sort="descending"') == 1
    assert 'href="?ordering=order_count"' in html


def test_a_table_without_rows_is_an_empty_state() -> None:
    html = table("/", rows=[])
    assert "Nobody yet" in html
    assert "<table" not in html


def test_pagination_keeps_filters_and_offers_only_what_there_is() -> None:
    html = render("{% pagination next='n=1&x' previous=None text='1 to 50' %}", request_for("/?tier=gold&cursor=old"))
    assert 'rel="next" href="?tier=gold&amp;cursor=n%3D1%26x"' in html
    assert 'rel="prev"' not in html
    assert render("{% pagination %}", request_for("/")) == ""


class Form(forms.Form):
    name = forms.CharField(help_text="As on the invoice.")
    is_member = forms.BooleanField(required=False)
    unit = forms.ChoiceField(choices=[("d", "Day")], widget=forms.RadioSelect)


def test_a_field_with_an_error_ties_label_help_and_error_to_its_input() -> None:
    html = render("{% field form.name %}", form=Form({"unit": "d"}))
    assert '<label class="form-label" for="id_name">Name</label>' in html
    assert 'aria-invalid="true"' in html
    for described in ("id_name_helptext", "id_name_error"):
        assert f'id="{described}"' in html
        assert described in html.split('aria-describedby="')[1].split('"')[0]


def test_check_boxes_stand_in_their_label_and_groups_have_a_legend() -> None:
    assert '<label class="form-check"><input type="checkbox"' in render("{% field form.is_member %}", form=Form())
    assert '<legend class="form-label">Unit</legend>' in render("{% field form.unit %}", form=Form())


def test_confirm_is_a_post_form_with_the_token() -> None:
    html = render(
        "{% confirm id='undo' action='/undo/' title='Undo?' button='Undo it' trigger='Undo' %}Sure?{% endconfirm %}",
        csrf_token="token-of-this-person",
    )
    assert '<form method="post" action="/undo/">' in html
    assert 'value="token-of-this-person"' in html
    assert 'href="#undo"' in html, "without scripts the link opens the dialog"
