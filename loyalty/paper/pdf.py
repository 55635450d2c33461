"""The report as a PDF: A4, the product's own typeface, charts as vectors, tables, and links that lead back."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from loyalty.paper.drawing import HEIGHT, TEXT_SIZE, WIDTH, Area, Line, Mark, marks
from loyalty.paper.wording import Section, sections_of

if TYPE_CHECKING:
    from fpdf import FPDF

FACE = "Inter"
FONTS = Path(__file__).parent / "fonts"
STYLES = {"": "inter-regular.ttf", "B": "inter-bold.ttf"}
MORE_LETTERS = "inter-more.ttf"
MARGIN = 18.0  # mm
INK, QUIET, LINK = (26, 26, 26), (85, 85, 85), (5, 72, 138)
BODY, SMALL, HEAD, TITLE = 9.5, 8.0, 13.0, 20.0  # points
CHART_SHARE = 0.78  # of the text's width
# Letters that a column of a table is made wide for at most, unless a word is longer; and room beside the text.
WIDEST, ROOM = 20, 2


def pdf(content: Mapping[str, Any], base_url: str) -> bytes:
    """The file; `base_url` is put before links into the product."""
    page = _blank(content)
    _headline(page, content)
    for section in sections_of(content, base_url):
        _section(page, section)
    return bytes(page.output())


def _blank(content: Mapping[str, Any]) -> "FPDF":
    from fpdf import FPDF

    class Paper(FPDF):
        def footer(self) -> None:
            self.set_y(-12)
            self.set_font(FACE, size=SMALL)
            self.set_text_color(*QUIET)
            about = _("Report %(report)s, results %(snapshot)s") % content
            self.cell(0, 5, f"{about} · {self.page_no()} / {{nb}}", align="C")

    page = Paper()
    page.set_margin(MARGIN)
    page.set_auto_page_break(True, MARGIN)
    page.set_lang("en")
    page.set_title(_title(content))
    page.set_creator("Insiders")
    for style, name in STYLES.items():
        page.add_font(FACE, style, FONTS / name)
    page.add_font("More", "", FONTS / MORE_LETTERS)
    page.set_fallback_fonts(["More"], exact_match=False)
    page.add_page()
    return page


def _title(content: Mapping[str, Any]) -> str:
    return _("The %(name)s report") % {"name": content.get("programme", "Insiders")}


def _headline(page: "FPDF", content: Mapping[str, Any]) -> None:
    _text(page, _title(content), size=TITLE, style="B")
    parts = {"day": f"{date.fromisoformat(content['as_of']):%-d %B %Y}", "snapshot": content["snapshot"]}
    _text(page, _("Results %(snapshot)s, as of %(day)s. Nine questions, each with what it rests on.") % parts)


def _section(page: "FPDF", section: Section) -> None:
    if page.get_y() > page.h - 70:
        page.add_page()
    page.ln(4)
    page.start_section(section["title"])
    _text(page, section["title"], size=HEAD, style="B")
    _text(page, section["answer"], style="B")
    for sentence in section["details"]:
        _text(page, sentence)
    for chart in section["charts"]:
        _chart(page, chart)
    for table in section["tables"]:
        _table(page, table)
    for label, sentence in section["notes"]:
        _text(page, f"{label}: {sentence}", size=SMALL, colour=QUIET)
    _links(page, section["links"])


def _text(page: "FPDF", text: str, *, size: float = BODY, style: str = "", colour: tuple[int, int, int] = INK) -> None:
    page.set_font(FACE, style, size)
    page.set_text_color(*colour)
    page.multi_cell(0, size * 0.5, text, align="L", new_x="LMARGIN", new_y="NEXT")
    page.ln(size * 0.09)


def _links(page: "FPDF", links: Sequence[tuple[str, str]]) -> None:
    page.set_font(FACE, "", SMALL)
    page.set_text_color(*LINK)
    for label, url in links:
        width = page.get_string_width(label) + 4
        if page.get_x() + width > page.w - MARGIN:
            page.ln(4.5)
        page.cell(width, 4.5, label, link=url)
    page.ln(5)


def _chart(page: "FPDF", chart: Mapping[str, Any]) -> None:
    scale = (page.w - 2 * MARGIN) * CHART_SHARE / WIDTH
    height = HEIGHT * scale
    if page.get_y() + height + 8 > page.h - MARGIN:
        page.add_page()
    page.ln(1)
    _text(page, chart["title"], size=SMALL, style="B")
    top = page.get_y()
    for mark in marks(chart):
        _mark(page, mark, scale, top)
    page.set_y(top + height)


def _mark(page: "FPDF", mark: Mark, scale: float, top: float) -> None:
    if isinstance(mark, Line):
        page.set_draw_color(mark.colour)
        page.set_line_width(mark.width * scale)
        page.polyline(_placed(mark.points, scale, top))
    elif isinstance(mark, Area):
        page.set_fill_color(mark.colour)
        page.polygon(_placed(mark.points, scale, top), style="F")
    else:
        page.set_font(FACE, "", TEXT_SIZE * scale / 0.3528)
        page.set_text_color(mark.colour)
        width = page.get_string_width(mark.text)
        back = {"start": 0.0, "middle": width / 2, "end": width}[mark.anchor]
        page.text(MARGIN + mark.x * scale - back, top + mark.y * scale, mark.text)


def _placed(points: Sequence[tuple[float, float]], scale: float, top: float) -> list[tuple[float, float]]:
    return [(MARGIN + x * scale, top + y * scale) for x, y in points]


def _table(page: "FPDF", table: Mapping[str, Any]) -> None:
    from fpdf.enums import TableBordersLayout
    from fpdf.fonts import FontFace

    page.ln(1)
    _text(page, table["caption"], size=SMALL, style="B")
    page.set_font(FACE, "", SMALL)
    page.set_draw_color(204)
    page.set_fill_color(255)
    page.set_line_width(0.2)
    with page.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=_widths(table),
        line_height=4,
        text_align="LEFT",
        headings_style=FontFace(emphasis="BOLD"),
        padding=0.8,
    ) as drawn:
        for row in [table["columns"], *table["rows"]]:
            drawn.row(row)
    page.ln(2)


def _widths(table: Mapping[str, Any]) -> tuple[int, ...]:
    """Columns as wide as their longest text asks for, within limits; no word is broken."""
    return tuple(_width(column) for column in zip(table["columns"], *table["rows"], strict=True))


def _width(column: Sequence[str]) -> int:
    longest_word = max(len(word) for text in column for word in text.split() or [""])
    return max(longest_word, min(max(map(len, column)), WIDEST)) + ROOM
