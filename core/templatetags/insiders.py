"""Everything a page template loads: `{% load insiders %}`. The gallery page shows each of these live."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import template
from django.conf import settings
from django.forms import BoundField, widgets
from django.http import QueryDict
from django.template import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from core.charts import Chart
from core.formatting import (
    MISSING,
    Quantity,
    compact_money_text,
    days_text,
    full_date_text,
    money_text,
    number_text,
    relative_text,
    share_text,
)
from core.navigation import NAVIGATION, Place
from core.ui import Column

register = template.Library()

# From a tone, which says what a thing means, to the colour that says it.
TONES = {
    "neutral": "secondary",
    "info": "blue",
    "good": "green",
    "warning": "orange",
    "bad": "red",
    "accent": "primary",
    "special": "purple",
}
TONE_ICONS = {"good": "circle-check", "warning": "alert-triangle", "bad": "alert-circle"}
WIDGET_CLASSES = (
    (widgets.CheckboxInput, "form-check-input"),
    (widgets.Select, "form-select"),
    (widgets.RadioSelect, ""),  # Django would set it on the group as well as on its choices
)


@register.filter
def money(value: Quantity | None, currency: str = "") -> str:
    return money_text(value, currency or settings.REPORTING_CURRENCY)


@register.filter
def share(value: Quantity | None, digits: int = 1) -> str:
    return share_text(value, digits)


@register.filter
def number(value: Quantity | None, digits: int | None = None) -> str:
    return number_text(value, digits)


@register.filter
def days(value: Quantity | None) -> str:
    return days_text(value)


@register.filter
def when(moment: date | None) -> str:
    """How long ago, with the exact moment on hover and for machines."""
    if moment is None:
        return MISSING
    text, full = relative_text(moment, timezone.now()), full_date_text(moment)
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), full, text)


@register.simple_tag(takes_context=True)
def amount(context: Context, value: Quantity | None, compact: bool = False) -> str:
    """Money for reading, with every digit that we hold on hover."""
    currency = str(context.get("currency") or settings.REPORTING_CURRENCY)
    if value is None:
        return MISSING
    text = compact_money_text(value, currency) if compact else money_text(value, currency)
    return format_html('<data class="num" value="{0}" title="{0} {1}">{2}</data>', f"{value:f}", currency, text)


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> str:
    """A picture from the sprite: decoration unless it has a label."""
    href = f"{static('vendor/icons.svg')}#{name}"
    css = f"icon icon-{size}" if size else "icon"
    if not label:
        return format_html('<svg class="{}" aria-hidden="true" focusable="false"><use href="{}"/></svg>', css, href)
    return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', css, label, href)


@register.simple_tag
def badge(text: object, tone: str = "neutral", icon_name: str = "") -> str:
    return _render("badge", {"text": text, "colour": TONES[tone], "icon": icon_name})


@register.inclusion_tag("components/nav.html", takes_context=True)
def nav(context: Context, places: Iterable[Place | tuple[str, str, str, str]] = NAVIGATION) -> dict[str, Any]:
    """The places that exist and that this person may enter; the current one is marked."""
    request = context.get("request")
    path = request.path if request else ""
    entries = [_entry(place[0], place[2], url, path) for place in places if (url := _open_url(context, place))]
    return {"entries": entries}


def _open_url(context: Context, place: Sequence[Any]) -> str:
    granted = context.get("permissions")
    if place[3] and granted is not None and place[3] not in granted:
        return ""
    try:
        return reverse(place[1])
    except NoReverseMatch:
        return ""


def _entry(label: object, icon_name: str, url: str, path: str) -> dict[str, Any]:
    is_current = path == url or (url != "/" and path.startswith(url))
    return {"label": label, "url": url, "icon": icon_name, "is_current": is_current}


def _render(component: str, values: Mapping[str, Any]) -> SafeString:
    return render_to_string(f"components/{component}.html", dict(values))


def _trimmed(content: SafeString) -> SafeString:
    """Without the white space around it, so that templates can ask whether there is any content."""
    return mark_safe(content.strip())  # noqa: S308 - the template has already escaped it


@register.simple_block_tag
def page_header(
    content: SafeString, title: object, subtitle: object = "", back_url: str = "", back_label: object = ""
) -> SafeString:
    """The page's one <h1>, with its buttons as content."""
    values = {"title": title, "subtitle": subtitle, "back_url": back_url, "back_label": back_label}
    return _render("page_header", {**values, "actions": _trimmed(content)})


@register.simple_block_tag
def card(
    content: SafeString,
    title: object = "",
    subtitle: object = "",
    icon_name: str = "",
    flush: bool = False,
    id: str = "",
) -> SafeString:
    """A titled region; `flush` lets tables and lists touch the edges."""
    values = {"title": title, "subtitle": subtitle, "icon": icon_name, "flush": flush, "id": id}
    return _render("card", {**values, "content": content})


@register.simple_block_tag
def alert(content: SafeString, title: object = "", tone: str = "info", icon_name: str = "") -> SafeString:
    """A sentence that says what is the matter; the content says what to do about it."""
    icon_name = icon_name or TONE_ICONS.get(tone, "info-circle")
    values = {"title": title, "colour": TONES[tone], "icon": icon_name, "is_urgent": tone == "bad"}
    return _render("alert", {**values, "content": _trimmed(content)})


@register.simple_block_tag(takes_context=True)
def table(
    context: Context,
    content: SafeString,
    columns: Sequence[Column],
    caption: object,
    rows: Any = True,
    empty: object = "",
    empty_icon: str = "inbox",
    empty_url: str = "",
    empty_action: object = "",
    stacked: bool = False,
) -> SafeString:
    """A table whose body rows are the content, or its empty state when `rows` has none."""
    empty_state = {"icon": empty_icon, "text": empty, "url": empty_url, "action": empty_action}
    headings = [_heading(context, column) for column in columns]
    values = {"headings": headings, "caption": caption, "content": content, "is_empty": not rows}
    return _render("table", {**values, "empty": empty_state, "stacked": stacked})


def _heading(context: Context, column: Column) -> dict[str, Any]:
    request = context.get("request")
    current = request.GET.get("ordering", "") if request else ""
    is_ascending, is_descending = column.key and current == column.key, column.key and current == f"-{column.key}"
    # Numbers are most often wanted largest first, names from A to Z.
    first, second = (f"-{column.key}", column.key) if column.is_numeric else (column.key, f"-{column.key}")
    url = _query(context, ordering=second if current == first else first, cursor=None) if column.key else ""
    direction = "ascending" if is_ascending else "descending" if is_descending else ""
    return {"column": column, "url": url, "direction": direction}


def _query(context: Context, **changes: str | None) -> str:
    """This page's address with some parameters changed, or without those that are None."""
    request = context.get("request")
    parameters = request.GET.copy() if request else QueryDict(mutable=True)
    for key, value in changes.items():
        parameters.pop(key, None)
        if value:
            parameters[key] = value
    return f"?{parameters.urlencode()}"


@register.inclusion_tag("components/pagination.html", takes_context=True)
def pagination(
    context: Context, next: str | None = None, previous: str | None = None, text: object = "", parameter: str = "cursor"
) -> dict[str, Any]:
    """Next and previous by cursor, keeping the other filters; `text` says what the reader is looking at."""
    cursors = {"next": next, "previous": previous}
    urls = {name: cursor and _query(context, **{parameter: cursor}) for name, cursor in cursors.items()}
    return {**urls, "text": text}


@register.inclusion_tag("components/chart.html")
def chart(chart: Chart, height: str = "medium") -> dict[str, Any]:
    return {"chart": chart, "spec": chart.spec(), "headings": chart.headings(), "rows": chart.rows(), "height": height}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, hint: object = "") -> dict[str, Any]:
    """A form field with its label, help and errors tied together for screen readers."""
    widget = bound.field.widget
    css = next((css for kind, css in WIDGET_CLASSES if isinstance(widget, kind)), "form-control")
    is_group = isinstance(widget, widgets.RadioSelect | widgets.CheckboxSelectMultiple)
    control = bound.as_widget(attrs={"class": f"{css} is-invalid" if bound.errors else css})
    is_check = isinstance(widget, widgets.CheckboxInput)
    return {"field": bound, "control": control, "hint": hint, "is_check": is_check, "is_group": is_group}


@register.simple_block_tag
def filter_bar(content: SafeString, label: object, clear_url: str = "", target: str = "") -> SafeString:
    """A GET form of filters; with `target` htmx swaps only that element, else the page reloads."""
    return _render("filter_bar", {"content": content, "label": label, "clear_url": clear_url, "target": target})


@register.simple_block_tag(takes_context=True)
def confirm(
    context: Context,
    content: SafeString,
    id: str,
    action: str,
    title: object,
    button: object,
    trigger: object,
    tone: str = "bad",
    icon_name: str = "",
) -> SafeString:
    """A button that asks first: a dialog with a POST form; extra fields stand in the content."""
    values = {"id": id, "action": action, "title": title, "button": button, "trigger": trigger, "icon": icon_name}
    is_bad = tone == "bad"
    return _render("confirm", {**values, "content": content, "is_bad": is_bad, "csrf_token": context.get("csrf_token")})
