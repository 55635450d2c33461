"""A frozen chart as lines, areas, bars and words on a sheet of WIDTH by HEIGHT: what SVG and PDF then draw alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil, floor, log10
from typing import Any, Literal

from core.formatting import SCALES, number_text

WIDTH, HEIGHT = 640.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 74.0, 14.0, 34.0, 50.0
# Told apart by people who see colours differently (Okabe & Ito 2008).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#7f4f9e")
INK, FAINT, BAND = "#333333", "#d9d9d9", "#cfe3f1"
TEXT_SIZE, LABEL_WIDTH = 10.0, 5.6
TICKS = 5
WIDEST_BARS = 90.0


@dataclass(frozen=True)
class Line:
    points: Sequence[tuple[float, float]]
    colour: str
    width: float = 1.0


@dataclass(frozen=True)
class Area:
    points: Sequence[tuple[float, float]]
    colour: str


@dataclass(frozen=True)
class Words:
    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    colour: str = INK


Mark = Line | Area | Words
Spot = tuple[float, float]


class Sheet:
    """Where values and places fall on the sheet."""

    def __init__(self, chart: Mapping[str, Any]) -> None:
        self.chart = chart
        self.ticks = ticks(self._values())
        self.places = len(chart["x"])

    def _values(self) -> list[float]:
        chart = self.chart
        found = [value for series in chart["series"] for value in series["values"] if value is not None]
        if chart["is_stacked"]:
            columns = zip(*(series["values"] for series in chart["series"]), strict=True)
            found = [sum(value or 0 for value in column) for column in columns]
        if chart["band"]:
            found += [*chart["band"]["low"], *chart["band"]["high"]]
        return [0.0, *found]

    def y(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    @property
    def step(self) -> float:
        return (WIDTH - LEFT - RIGHT) / max(self.places, 1)

    def x(self, place: int) -> float:
        return LEFT + (place + 0.5) * self.step


def ticks(values: Sequence[float]) -> list[float]:
    """Round numbers from below the smallest to above the largest value; from 0 to 1 where all are 0."""
    low, high = min(values), max(values)
    if high <= low:
        high = low + 1
    rough = (high - low) / TICKS
    power = 10.0 ** floor(log10(rough))
    step = next(size * power for size in (1, 2, 2.5, 5, 10) if size * power >= rough * 0.999)
    return [round(place * step, 10) for place in range(floor(low / step), ceil(high / step - 1e-9) + 1)]


def marks(chart: Mapping[str, Any]) -> Iterator[Mark]:
    """Everything to draw, from the back to the front."""
    sheet = Sheet(chart)
    yield from _grid(sheet)
    yield from _lines(sheet) if chart["kind"] == "line" else _bars(sheet)
    yield from _labels(sheet)
    yield from _legend(sheet)


def _grid(sheet: Sheet) -> Iterator[Mark]:
    for value in sheet.ticks:
        y = sheet.y(value)
        yield Line([(LEFT, y), (WIDTH - RIGHT, y)], INK if value == 0 else FAINT, 0.6)
        yield Words(LEFT - 6, y + 3.5, tick_text(value, is_share=sheet.chart["is_share"]), "end")


def tick_text(value: float, *, is_share: bool) -> str:
    if is_share:
        return f"{number_text(round(value * 100, 6))} %"
    for scale, letter in SCALES:
        if abs(value) >= scale:
            return f"{number_text(value / float(scale))} {letter}"
    return number_text(value)


def _lines(sheet: Sheet) -> Iterator[Mark]:
    band = sheet.chart["band"]
    if band:
        high = [(sheet.x(place), sheet.y(value)) for place, value in enumerate(band["high"])]
        low = [(sheet.x(place), sheet.y(value)) for place, value in enumerate(band["low"])]
        yield Area([*high, *reversed(low)], BAND)
    for number, series in enumerate(sheet.chart["series"]):
        spots = [(sheet.x(place), sheet.y(v)) for place, v in enumerate(series["values"]) if v is not None]
        colour = COLOURS[number % len(COLOURS)]
        if len(spots) > 1:
            yield Line(spots, colour, 2)
        for x, y in spots:
            yield _box(x - 2.2, y - 2.2, x + 2.2, y + 2.2, colour)


def _bars(sheet: Sheet) -> Iterator[Mark]:
    series, is_stacked = sheet.chart["series"], sheet.chart["is_stacked"]
    group = min(sheet.step * 0.7, WIDEST_BARS)
    wide = group / (1 if is_stacked else len(series))
    for place in range(sheet.places):
        reached = 0.0
        for number, of in enumerate(series):
            value = of["values"][place] or 0.0
            left = sheet.x(place) - group / 2 + (0 if is_stacked else number * wide)
            colour = COLOURS[number % len(COLOURS)]
            yield _box(left, sheet.y(reached + value), left + wide, sheet.y(reached), colour)
            reached += value if is_stacked else 0


def _box(left: float, top: float, right: float, bottom: float, colour: str) -> Area:
    return Area([(left, top), (right, top), (right, bottom), (left, bottom)], colour)


def _labels(sheet: Sheet) -> Iterator[Mark]:
    """Under each place, or under every second, third … where there is no room for all."""
    texts = [_label(text) for text in sheet.chart["x"]]
    longest = max(max(map(len, _wrapped(text, sheet.step - LABEL_WIDTH))) for text in texts)
    every = max(1, ceil(longest * LABEL_WIDTH / sheet.step))
    for place in range(0, len(texts), every):
        for row, part in enumerate(_wrapped(texts[place], sheet.step * every - LABEL_WIDTH)):
            yield Words(sheet.x(place), HEIGHT - BOTTOM + 14 + row * 11, part, "middle")


def _label(text: str) -> str:
    """Days as the month that ends with them."""
    try:
        return f"{date.fromisoformat(text):%-d %b %y}"
    except ValueError:
        return text


def _wrapped(text: str, width: float) -> list[str]:
    """At most three rows; a word is never broken."""
    rows = [""]
    for word in text.split():
        if rows[-1] and (len(rows[-1]) + 1 + len(word)) * LABEL_WIDTH > width and len(rows) < 3:
            rows.append(word)
        else:
            rows[-1] = f"{rows[-1]} {word}".strip()
    return rows


def _legend(sheet: Sheet) -> Iterator[Mark]:
    chart, x = sheet.chart, LEFT
    entries = [(series["name"], COLOURS[place % len(COLOURS)]) for place, series in enumerate(chart["series"])]
    if chart["band"]:
        entries.append((chart["band"]["name"], BAND))
    for name, colour in entries:
        yield _box(x, 8, x + 10, 18, colour)
        yield Words(x + 14, 17, name)
        x += 30 + len(name) * LABEL_WIDTH
    if chart["unit"]:
        yield Words(WIDTH - RIGHT, 17, chart["unit"], "end")
