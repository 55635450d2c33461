"""The rows of a sheet as nearly every program writes them, cut out of the XML at twice the speed of a parser.

Only rows in which every element is of a form known here are taken; from the first other one on, the parser reads. The
parser also reads all that stands before and behind the rows, so that declarations, entities and endings are checked.
"""

import re
from collections.abc import Iterator
from itertools import chain
from xml.sax.saxutils import unescape

from crm.intake.opening.grid import Grid

# Signs that XML forbids, and CR, which it would turn into LF: such rows are left to the parser.
TEXT = r"[^<\x00-\x08\x0b-\x1f\ufffe\uffff]"
TOKEN = re.compile(
    r'<c r="([A-Z]{1,3}[0-9]+)"(?: s="([0-9]+)")?(?: t="([a-zA-Z]+)")?'
    rf'(?:/>|>(?:(?:<f>{TEXT}*</f>)?<v>({TEXT}+)</v>|<is><t(?: xml:space="preserve")?>({TEXT}+)</t></is>)</c>)'
    r'|<row r="([0-9]+)"[^<>&]*>|(</row>)|(<)'
)
ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)")
BEGIN = re.compile(rb"<sheetData>")
OTHER_ENCODING = re.compile(rb"""<\?xml[^>]*encoding=["'](?!utf-8["'])""", re.IGNORECASE)
ROW_END = b"</row>"
QUOTES = {"&quot;": '"', "&apos;": "'"}
# So much XML without the end of a row is not how programs write.
MAX_CARRY = 1024 * 1024


def without_plain_rows(chunks: Iterator[bytes], grid: Grid) -> Iterator[bytes]:
    """The XML without the rows that were handed to the grid."""
    head = b""
    for chunk in chunks:
        head += chunk
        found = BEGIN.search(head)
        if found and not OTHER_ENCODING.search(head, 0, found.start()):
            yield head[: found.end()]
            yield from _cut(head[found.end() :], chunks, grid)
            return
        if found or len(head) > MAX_CARRY:
            break
    yield head
    yield from chunks


def _cut(carry: bytes, chunks: Iterator[bytes], grid: Grid) -> Iterator[bytes]:
    for chunk in chain([b""], chunks):
        carry += chunk
        end = carry.rfind(ROW_END) + len(ROW_END)
        if end >= len(ROW_END):
            rest = _take(carry[:end], grid)
            carry = rest + carry[end:]
            if rest:
                break
        if len(carry) > MAX_CARRY:
            break
    yield carry
    yield from chunks


def _take(block: bytes, grid: Grid) -> bytes:
    """Hand whole rows to the grid; what is left when one of them is not plain."""
    try:
        text = block.decode()
    except UnicodeDecodeError:
        return block
    if ENTITY.search(text):
        return block
    is_open = False
    for number, token in enumerate(TOKEN.findall(text)):
        reference, style, kind, stored, inline, row, row_end, _ = token
        if reference and is_open:
            value = stored or inline
            grid.place(reference)
            if value or kind == "e":
                grid.add(kind, style, unescape(value, QUOTES) if "&" in value else value)
        elif row:
            grid.begin_row(row)
            is_open = True
        elif row_end and is_open:
            grid.end_row()
            is_open = False
        else:
            return _rest(text, number).encode()
    return b""


def _rest(text: str, number: int) -> str:
    """From the row on that the token of this number is in: the grid begins that row anew."""
    place = next(match.start() for at, match in enumerate(TOKEN.finditer(text)) if at == number)
    begin = text.rfind("<row ", 0, place)
    return text[begin if begin > text.rfind("</row>", 0, place) else place :]
