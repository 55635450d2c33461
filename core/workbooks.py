"""Writing a workbook (XLSX) of one sheet: rows in, a file out, whatever their number; text cells are never formulas.

Office Open XML (ECMA-376) allows texts inside their cells, so that no table of texts has to be kept until the end.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import IO, Any
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from core.spreadsheets import neutral

MOST_ROWS = 1_048_576
LONGEST_TEXT = 32_767
# What XML 1.0 can't hold at all.
FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DAY_ZERO = date(1899, 12, 30)
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    # Cell formats: 0 plain, 1 a day, 2 bold.
    "xl/styles.xml": (
        f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
        "<fonts count='2'><font/><font><b/></font></fonts>"
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        "<borders count='1'><border/></borders><cellStyleXfs count='1'><xf/></cellStyleXfs>"
        '<cellXfs count="3"><xf/><xf numFmtId="164" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/></cellXfs>'
        "</styleSheet>"
    ),
}


class TooManyRows(ValueError):
    """A sheet of this format ends at MOST_ROWS; the message says what to do."""


def write_workbook(target: IO[bytes], title: str, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write the rows under a bold header. Numbers and days are cells of their kind; all else is text, neutralised."""
    name = re.sub(r"[\[\]:*?/\\']", " ", title)[:31] or "Sheet"
    workbook = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        f'<sheet name="{_text(name)}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )
    with ZipFile(target, "w", ZIP_DEFLATED) as package:
        for path, content in {**PARTS, "xl/workbook.xml": workbook}.items():
            package.writestr(path, HEAD + content)
        with package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
            views = f'<sheetViews><sheetView workbookViewId="0">{frozen}</sheetView></sheetViews>'
            sheet.write(f'{HEAD}<worksheet xmlns="{MAIN}">{views}<sheetData>'.encode())
            sheet.write(_row([_string(cell, 2) for cell in header]))
            for number, row in enumerate(rows, start=2):
                if number > MOST_ROWS:
                    raise TooManyRows(f"A sheet holds {MOST_ROWS - 1:,} rows: choose CSV, or filter the list first.")
                sheet.write(_row([_cell(cell) for cell in row]))
            sheet.write(b"</sheetData></worksheet>")


def _row(cells: Sequence[str]) -> bytes:
    return f"<row>{''.join(cells)}</row>".encode()


def _cell(value: Any) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, bool):
        return _string(str(value))
    if isinstance(value, int | float | Decimal):
        number = f"{value:f}" if isinstance(value, Decimal) else repr(value)
        return f"<c><v>{number}</v></c>" if float(value) - float(value) == 0 else "<c/>"
    if isinstance(value, date) and type(value) is date and value > DAY_ZERO:
        return f'<c s="1"><v>{(value - DAY_ZERO).days}</v></c>'
    return _string(str(value))


def _string(text: str, style: int = 0) -> str:
    kind = f' s="{style}"' if style else ""
    return f'<c{kind} t="inlineStr"><is><t xml:space="preserve">{_text(neutral(text))}</t></is></c>'


def _text(text: str) -> str:
    return escape(FORBIDDEN.sub("\ufffd", text)[:LONGEST_TEXT], {'"': "&quot;"})
