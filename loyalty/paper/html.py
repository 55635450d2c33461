"""One self-contained HTML file: styles within, charts as inline SVG, and no request to anywhere."""

from collections.abc import Mapping
from typing import Any

from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from loyalty.paper.drawing import HEIGHT, WIDTH, Area, Line, Mark, marks
from loyalty.paper.wording import sections_of


def html(content: Mapping[str, Any], base_url: str) -> str:
    """The file; `base_url` is put before links into the product."""
    sections = [
        {**section, "charts": [(chart["title"], svg(chart)) for chart in section["charts"]]}
        for section in sections_of(content, base_url)
    ]
    return render_to_string("loyalty/report_file.html", {"document": content, "sections": sections})


def svg(chart: Mapping[str, Any]) -> SafeString:
    """The chart as an SVG element with its title for screen readers."""
    drawn = format_html_join("", "{}", ((_element(mark),) for mark in marks(chart)))
    frame = '<svg viewBox="0 0 {} {}" role="img" aria-label="{}" class="still">{}</svg>'
    return format_html(frame, int(WIDTH), int(HEIGHT), chart["title"], drawn)


def _element(mark: Mark) -> SafeString:
    if isinstance(mark, Line):
        line = '<polyline points="{}" fill="none" stroke="{}" stroke-width="{}"/>'
        return format_html(line, _points(mark.points), mark.colour, mark.width)
    if isinstance(mark, Area):
        return format_html('<polygon points="{}" fill="{}"/>', _points(mark.points), mark.colour)
    words = '<text x="{}" y="{}" text-anchor="{}" fill="{}">{}</text>'
    return format_html(words, f"{mark.x:.1f}", f"{mark.y:.1f}", mark.anchor, mark.colour, mark.text)


def _points(points: Any) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
