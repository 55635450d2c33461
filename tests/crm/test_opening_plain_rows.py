"""Rows that are cut out of a sheet's XML are those that the parser would have read, wherever the cutting stops."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.runs import JobRefused
from crm.intake.opening import archive, open_table, sheet
from crm.intake.opening.plain_rows import _take
from tests.crm.intake_corpus.packed import zipped
from tests.crm.intake_corpus.workbooks import PARTS, SHEET, by_hand, text_row

PLAIN = '<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>a{n} &amp;lt; b</t></is></c><c r="C{n}"><v>{n}.5</v></c></row>'
# Each is a row of its own; the parser has to read it, and all after it.
OTHERS = [
    '<row r="{n}"><c t="inlineStr" r="A{n}"><is><t>x</t></is></c></row>',
    '<row r="{n}"><c r="A{n}" t="inlineStr"><is><r><t>x</t></r><r><t>y</t></r></is></c></row>',
    '<row r="{n}"><c r="A{n}" t="str"><f>1</f><v>a&#10;b</v></c></row>',
    "<row><c><v>{n}</v></c></row>",
    '<row r="{n}"><c r="A{n}"><f>1+1</f></c></row>',
    '<row r="{n}"><c r="A{n}"><v><![CDATA[<1>]]></v></c></row>',
    '<!-- </row><row r="1"> --><row r="{n}"><c r="A{n}"><v>1</v></c></row>',
]
SAME = [
    '<row r="{n}" s="1"/>',
    '<row r="{n}"><c r="A{n}" s="1"/></row>',
    '<row r="{n}"><c r="B{n}" t="e"><v>#N/A</v></c></row>',
]


def read(data: bytes, folder: Path) -> list[str] | str:
    """The lines of the text, or the code of the refusal."""
    (folder / "stored").write_bytes(data)
    try:
        found = open_table(folder / "stored", folder, options={})
    except JobRefused as refusal:
        return refusal.code
    return found.path.read_text(encoding="utf-8").splitlines()


def both(data: bytes, folder: Path) -> tuple[Any, Any]:
    """As it is read, and as the parser alone reads it."""
    with pytest.MonkeyPatch.context() as patch:
        ours = read(data, folder)
        patch.setattr(sheet, "without_plain_rows", lambda chunks, grid: chunks)
        return ours, read(data, folder)


@settings(deadline=None)
@given(
    rows=st.lists(st.sampled_from([PLAIN, PLAIN, *SAME, *OTHERS]), min_size=1, max_size=12), size=st.integers(40, 4000)
)
def test_the_parser_would_have_read_the_same(
    rows: list[str], size: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = SHEET + "".join(row.replace("{n}", str(n)) for n, row in enumerate(rows, start=8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "CHUNK", size)
        ours, theirs = both(by_hand(sheet=text), tmp_path_factory.mktemp("work"))
    assert ours == theirs
    assert isinstance(ours, list)


@pytest.mark.parametrize(
    "row",
    [
        '<row r="9"><c r="A9"><v>1</v></c>',
        '<row r="9"><c r="A9"><v>1</v></c></row></row>',
        '<row r="9"><c r="A9"><v>1</c></row>',
        '<row r="9"><c r="A9" t="inlineStr"><is><t>a & b</t></is></c></row>',
        '<row r="9"><c r="A9" t="inlineStr"><is><t>a &b; b</t></is></c></row>',
        '<row r="9"><c r="A9" t="inlineStr"><is><t>a\x02</t></is></c></row>',
        '<row r="9"><c r="B9"><v>1</v></c><c r="A9"><v>1</v></c></row>',
        '<row r="9"><c r="A10"><v>1</v></c></row>',
        '<row r="9"><c r="A9" t="s"><v>12</v></c></row>',
    ],
)
def test_what_is_wrong_is_refused_alike(row: str, tmp_path: Path) -> None:
    ours, theirs = both(by_hand(sheet=SHEET + row), tmp_path)
    assert ours == theirs
    assert ours in {"damaged", "beyond_grid"}


def test_usual_rows_never_reach_the_parser() -> None:
    taken: list[str] = []

    class Places:
        def __getattr__(self, name: str) -> Any:
            return lambda *_: taken.append(name)

    assert _take(text_row(1, ["a", "b"]).encode(), Places()) == b""  # type: ignore[arg-type]
    assert taken == ["begin_row", "place", "add", "place", "add", "end_row"]


def test_other_encodings_are_left_to_the_parser(tmp_path: Path) -> None:
    name = "xl/worksheets/sheet1.xml"
    for encoding in ("utf-16", "latin-1"):
        whole = f'<?xml version="1.0" encoding="{encoding}"?>{PARTS[name]}'.encode(encoding)
        parts = {**{part: text.encode() for part, text in PARTS.items()}, name: whole}
        assert read(zipped(*parts.items()), tmp_path) == read(by_hand(), tmp_path)
