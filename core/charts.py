"""Charts as data: what a view prepares, what the page draws, and the table that says the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.formatting import MISSING, Quantity, number_text

Text: TypeAlias = str | Promise
Kind: TypeAlias = Literal["line", "bar", "scatter", "sankey"]


@dataclass(frozen=True)
class Series:
    """One named run of values, one for each `x` of its chart (None leaves a gap).

    In a scatter chart `points` holds (x, y) pairs instead. `kind` draws this series unlike the rest of its chart, for
    example flagged days as dots on a line.
    """

    name: Text
    values: Sequence[Quantity | None] = ()
    points: Sequence[tuple[Quantity, Quantity]] = ()
    kind: Kind | None = None
    is_dashed: bool = False
    is_filled: bool = False  # a line with its area down to zero


@dataclass(frozen=True)
class Band:
    """A range around the series, such as a 95 % interval."""

    name: Text
    low: Sequence[Quantity | None]
    high: Sequence[Quantity | None]


@dataclass(frozen=True)
class Link:
    """A stream of a sankey chart, from a group on its left to one on its right; `details` are further cells."""

    source: Text
    target: Text
    value: Quantity
    details: Sequence[str] = ()


@dataclass(frozen=True)
class Chart:
    """One chart; `key` names it within its page, `summary` says in a sentence what it shows."""

    key: str
    title: Text
    kind: Kind
    series: Sequence[Series] = ()
    x: Sequence[str | date | int] = ()
    x_label: Text = ""
    unit: Text = ""
    summary: Text = ""
    band: Band | None = None
    digits: int | None = None
    is_stacked: bool = False
    is_horizontal: bool = False
    is_share: bool = False  # values from 0 to 1, shown as per cent
    is_whole: bool = False  # the axis shows all of 0 to 1, so that a small change looks small
    csv_url: str = ""
    # A map: a scatter whose axes mean nothing. Points come from this address as {"points": [[[x, y, place in ids], …]
    # for each series], "ids": […]}; a click goes to `link_url` with the id in the place of CUSTOMER.
    points_url: str = ""
    link_url: str = ""
    # Headings and rows that say in fewer words what is drawn, where nobody would read every point.
    twin: tuple[Sequence[str], Sequence[Sequence[str]]] | None = None
    links: Sequence[Link] = ()
    detail_labels: Sequence[Text] = ()

    def spec(self) -> dict[str, Any]:
        """What charts.js draws. Floats are enough for pixels; the table twin keeps the exact text.

        A stream of nothing, or of less, has no width: it stands in the table alone.
        """
        return {
            "kind": self.kind,
            "title": str(self.title),
            "unit": str(self.unit),
            "xLabel": str(self.x_label),
            "x": [x.isoformat() if isinstance(x, date) else x for x in self.x],
            "series": [self._drawn(series) for series in self.series],
            "band": self.band
            and {"name": str(self.band.name), "low": _floats(self.band.low), "high": _floats(self.band.high)},
            "digits": self.digits,
            "stacked": self.is_stacked,
            "horizontal": self.is_horizontal,
            "share": self.is_share,
            "whole": self.is_whole,
            "pointsUrl": self.points_url,
            "linkUrl": self.link_url,
            "links": [[str(link.source), str(link.target), float(link.value)] for link in self.links if link.value > 0],
        }

    def _drawn(self, series: Series) -> dict[str, Any]:
        values: list[Any] = [[float(x), float(y)] for x, y in series.points] or _floats(series.values)
        kind = series.kind or self.kind
        return {
            "name": str(series.name),
            "kind": kind,
            "values": values,
            "dashed": series.is_dashed,
            "filled": series.is_filled,
        }

    def headings(self) -> list[str]:
        if self.twin is not None:
            return list(self.twin[0])
        if self.kind == "sankey":
            return [_("From"), _("To"), str(self.unit), *map(str, self.detail_labels)]
        if self.kind == "scatter":
            return ["", str(self.x_label), str(self.unit or self.title)]
        names = [f"{series.name} (%)" if self.is_share else str(series.name) for series in self.series]
        return [str(self.x_label), *names, *self._band_headings()]

    def _band_headings(self) -> list[str]:
        return [f"{self.band.name} ({end})" for end in (_("low"), _("high"))] if self.band else []

    def rows(self) -> list[list[str]]:
        """The table twin: the same figures as text, first cell the row's heading."""
        if self.twin is not None:
            return [list(row) for row in self.twin[1]]
        if self.kind == "sankey":
            return [[str(e.source), str(e.target), self._text(e.value), *e.details] for e in self.links]
        if self.kind == "scatter":
            return [
                [str(series.name), self._text(x), self._text(y)] for series in self.series for x, y in series.points
            ]
        columns = [series.values for series in self.series]
        if self.band:
            columns += [self.band.low, self.band.high]
        return [[str(x), *(self._text(column[i]) for column in columns)] for i, x in enumerate(self.x)]

    def _text(self, value: Quantity | None) -> str:
        if value is None:
            return MISSING
        return number_text(float(value) * 100, self.digits or 1) if self.is_share else number_text(value, self.digits)


def _floats(values: Sequence[Quantity | None]) -> list[float | None]:
    return [None if value is None else float(value) for value in values]
