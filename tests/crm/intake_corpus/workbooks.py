"""XLSX workbooks: as programs write them, and by hand where a program would not."""
# ruff: noqa: DTZ001 - a sheet holds wall-clock times

import io
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from tests.crm.intake_corpus.base import HEADER, PLAIN, ROWS, Case
from tests.crm.intake_corpus.packed import patched, zipped

NAMES = HEADER.split(",")
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
Row = Sequence[Any]


def usual(n: int) -> Row:
    return (f"A{n}", datetime(2025, 3, 1 + n, 10), 17850 + n, "cup", 2, 4.5)


USUAL = [usual(n) for n in range(1, 7)]


def workbook(*sheets: Sequence[Row], hidden: int | None = None, **options: Any) -> bytes:
    """As a spreadsheet program saves it."""
    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True, **options})
    formats = {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        date: book.add_format({"num_format": 'd" of "mmm yyyy'}),
        time: book.add_format({"num_format": "hh:mm"}),
    }
    for number, rows in enumerate(sheets):
        sheet = book.add_worksheet()
        if number == hidden:
            sheet.hide()
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                if isinstance(value, tuple):
                    sheet.write_formula(y, x, value[0], None, value[1])
                elif type(value) in formats:
                    sheet.write_datetime(y, x, value, formats[type(value)])
                else:
                    sheet.write(y, x, value)
    book.close()
    return stream.getvalue()


def text_cell(reference: str, text: str) -> str:
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'


def text_row(number: int, cells: Sequence[str]) -> str:
    return (
        f'<row r="{number}">'
        + "".join(text_cell(f"{chr(65 + x)}{number}", text) for x, text in enumerate(cells))
        + "</row>"
    )


SHEET = "".join(text_row(y, row.split(",")) for y, row in enumerate([HEADER, *ROWS], start=1))
WHOLE = f'<worksheet xmlns="{MAIN}"><sheetData>%s</sheetData></worksheet>'
PARTS = {
    "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{RELATIONS}/officeDocument" '
    'Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><sheets>'
    '<sheet name="Sales" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}">'
    f'<Relationship Id="r1" Type="{RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{RELATIONS}/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>',
    "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}" count="1" uniqueCount="1"><si><t>shared</t></si></sst>',
    "xl/worksheets/sheet1.xml": WHOLE % SHEET,
}


def by_hand(without: str = "", **parts: str) -> bytes:
    """The smallest workbook, with other parts; `sheet` is what stands in its rows."""
    found = {name: text for name, text in PARTS.items() if name != without}
    named = {"shared": "xl/sharedStrings.xml", "book": "xl/workbook.xml", "whole": "xl/worksheets/sheet1.xml"}
    for name, text in parts.items():
        found["xl/worksheets/sheet1.xml" if name == "sheet" else named[name]] = (
            WHOLE % text if name == "sheet" else text
        )
    return zipped(*((name, text.encode()) for name, text in found.items()))


def with_cell(reference: str, row: str = "9") -> bytes:
    return by_hand(sheet=SHEET + f'<row r="{row}"><c r="{reference}"><v>1</v></c></row>')


def with_rows(*rows: Row) -> bytes:
    return workbook([NAMES, *USUAL, *rows])


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def many_cells() -> bytes:
    row = "<row>" + "<c><v>1</v></c>" * 400 + "</row>"
    return by_hand(sheet=SHEET + row * 5_000)


def styled_to_the_last_row() -> bytes:
    rows = "".join(f'<row r="{n}" s="1" customFormat="1"/>' for n in range(8, 1_048_577))
    return by_hand(sheet=SHEET + rows)


def with_macros() -> bytes:
    stream = io.BytesIO(workbook([NAMES, *USUAL]))
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr("xl/vbaProject.bin", b"\xd0\xcf\x11\xe0 Sub Auto_Open()")
    return stream.getvalue()


def prefixed() -> bytes:
    text = PARTS["xl/worksheets/sheet1.xml"].replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")
    return by_hand(whole=text)


def claiming_4_gb() -> bytes:
    return patched(24, b"\xff\xff\xff\xff", zipped(*((name, text.encode()) for name, text in reversed(PARTS.items()))))


RICH = '<row r="9">' + "".join(
    text_cell(f"{c}9", t) for c, t in zip("ABDEF", ["B1", "2025-03-01", "cup", "1", "1"], strict=True)
)
RICH = RICH.replace('<c r="D9"', '<c r="C9" t="s"><v>0</v></c><c r="D9"') + "</row>"
PHONETIC = (
    f'<sst xmlns="{MAIN}"><si><r><t>an</t></r><r><rPr><b/></rPr><t xml:space="preserve">n </t></r>'
    '<rPh sb="0" eb="1"><t>no</t></rPh></si></sst>'
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 500


def refused(name: str, data: bytes | Callable[[], bytes], code: str) -> Case:
    return Case(f"XLSX, {name}", data, "RF", code)


def accepted(name: str, data: bytes | Callable[[], bytes], lines: int = 6, **values: Any) -> Case:
    return Case(f"XLSX, {name}", data, "AX", lines=lines, values=values)


def last(*fields: Any) -> bytes:
    return with_rows(fields)


SEVERAL = workbook([NAMES, *USUAL], [NAMES, *USUAL[:2]])
MOMENT = datetime(2025, 3, 25, 17, 30)
WORKBOOKS = [
    accepted("as saved", workbook([NAMES, *USUAL]), customer="17856", ordered_at="2025-03-07 10:00:00"),
    accepted("by hand", by_hand(), customer="c6"),
    accepted("prefixed names", prefixed, customer="c6"),
    accepted("dates from 1904", workbook([NAMES, *USUAL], date_1904=True), ordered_at="2025-03-07 10:00:00"),
    accepted("a date without a time", last("B1", date(2025, 3, 25), "ann", "cup", 1, 1), 7, day="2025-03-25"),
    accepted(
        "numbers as text", last("B1", "2025-03-25", "0012", "cup", "1", "4.50"), 7, customer="0012", amount="4.500000"
    ),
    accepted("a number with noise", last("B1", MOMENT, 12, "cup", 1, 0.1 + 0.2), 7, amount="0.300000"),
    accepted("a formula with its result", last("B1", MOMENT, 12, "cup", 1, ("=2*2.5", 5)), 7, amount="5.000000"),
    accepted(
        "texts in runs, with how they are spoken", by_hand(sheet=SHEET + RICH, shared=PHONETIC), 7, customer="ann"
    ),
    accepted("a break within a cell", last("B1", MOMENT, "an\nn", "cup", 1, 1), 7, customer="an\nn"),
    accepted("a control sign", last("B1", MOMENT, "an\x07n", "cup", 1, 1), 7, customer="an\x07n"),
    accepted("text like a formula", last("B1", MOMENT, "'=1+1", "cup", 1, 1), 7, customer="'=1+1"),
    accepted("a title above", workbook([["Sales of March"], [], NAMES, *USUAL]), customer="17856"),
    accepted("empty columns before", workbook([["", "", *row] for row in [NAMES, *USUAL]]), customer="17856"),
    accepted("empty rows between", workbook([NAMES, [], *USUAL[:3], [], [], *USUAL[3:]]), customer="17856"),
    accepted("empty further sheets", workbook([NAMES, *USUAL], [], []), customer="17856"),
    accepted("a hidden further sheet", workbook([NAMES, *USUAL], [["x"]], hidden=1), customer="17856"),
    accepted(
        "a lying dimension",
        by_hand(
            whole=PARTS["xl/worksheets/sheet1.xml"].replace(
                "<sheetData>", '<dimension ref="A1:XFD1048576"/><sheetData>'
            )
        ),
    ),
    accepted("styles to the last row", styled_to_the_last_row),
    accepted("macros", with_macros, customer="17856"),
    accepted("in gzip", lambda: __import__("gzip").compress(workbook([NAMES, *USUAL])), customer="17856"),
    accepted("in a ZIP", lambda: zipped(("sales.xlsx", workbook([NAMES, *USUAL]))), customer="17856"),
    Case("CSV named .xlsx", PLAIN, "AX", lines=6),
    *(
        Case(f"XLSX, several sheets, {name} chosen", SEVERAL, "AX", lines=lines, options={"sheet": name})
        for name, lines in (("Sheet1", 6), ("Sheet2", 2))
    ),
    Case("XLSX, several sheets", SEVERAL, "ASK", "sheet", lines=6),
    Case(
        "XLSX, an error in a cell",
        last("B1", MOMENT, ("=NA()", "#N/A"), "cup", 1, 1),
        "RR",
        "error_cell",
        rejected=1,
    ),
    Case(
        "XLSX, a formula without its result",
        by_hand(
            sheet=SHEET
            + text_row(9, ["B1", "2025-03-01", "ann", "cup", "1"])[:-6]
            + '<c r="F9"><f>2*2</f><v/></c></row>'
        ),
        "RR",
        "empty_formula",
        rejected=1,
    ),
    Case("XLSX, a total below", with_rows(["Total", "", "", "", 12, 54]), "RR", "missing_date", rejected=1),
    refused(
        "formulas without any result",
        by_hand(sheet=SHEET.replace("<is><t>4.50</t></is>", "<f>9/2</f>").replace('t="inlineStr"><f', "><f")),
        "no_values",
    ),
    refused("a far cell", with_cell("XFD1048576", "1048576"), "far_cell"),
    refused(
        "a far column",
        by_hand(sheet=SHEET + text_row(9, ["x"]).replace("</row>", '<c r="XFD9"><v>1</v></c></row>')),
        "too_many_columns",
    ),
    refused("a row beyond the grid", with_cell("A1048577", "1048577"), "beyond_grid"),
    refused("a column beyond the grid", with_cell("XFE9"), "beyond_grid"),
    refused("a column of four letters", with_cell("AAAA9"), "beyond_grid"),
    refused("an overflowing row", with_cell("A99999999999999999999", "99999999999999999999"), "beyond_grid"),
    refused("a negative row", with_cell("A-1", "-1"), "beyond_grid"),
    refused("a cell of another row", with_cell("A10"), "beyond_grid"),
    refused("one cell twice", by_hand(sheet=SHEET + '<row r="9">' + text_cell("A9", "x") * 2 + "</row>"), "damaged"),
    refused("more cells than bytes", many_cells, "bomb"),
    refused("a thousand times its size", lambda: by_hand(sheet=SHEET + " " * 20_000_000), "bomb"),
    refused("claiming 4 GB", claiming_4_gb, "bomb"),
    refused("entities in the sheet", by_hand(whole=BOMB + PARTS["xl/worksheets/sheet1.xml"]), "entities"),
    refused("entities in the texts", by_hand(shared=BOMB + PARTS["xl/sharedStrings.xml"]), "entities"),
    refused("entities in the workbook", by_hand(book=BOMB + PARTS["xl/workbook.xml"]), "entities"),
    refused(
        "2^31 texts", by_hand(shared=PARTS["xl/sharedStrings.xml"].replace('count="1"', 'count="2147483648"')), "forged"
    ),
    refused("a text that is not there", by_hand(sheet='<row r="1"><c r="A1" t="s"><v>7</v></c></row>'), "damaged"),
    *(refused(f"without {part}", by_hand(without=part), "damaged") for part in PARTS),
    refused("an empty sheet", workbook([]), "empty"),
    refused("empty sheets", workbook([], []), "empty"),
    refused("XML that breaks off", by_hand(whole=PARTS["xl/worksheets/sheet1.xml"][:500]), "damaged"),
    refused("cut off", workbook([NAMES, *USUAL])[:-1000], "truncated"),
    refused("with a password", OLE + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500, "encrypted"),
    refused("called so, an .xls", OLE, "spreadsheet"),
    refused("binary", zipped(("[Content_Types].xml", b"<x/>"), ("xl/workbook.bin", b"x")), "spreadsheet"),
    refused("OpenDocument", zipped(("mimetype", b"x"), ("content.xml", b"<x/>")), "spreadsheet"),
    refused("Word", zipped(("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>")), "not_a_table"),
]
