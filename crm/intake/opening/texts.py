"""The texts that the cells of an XLSX workbook share."""

from array import array

from core.runs import JobRefused
from crm.intake.opening.archive import chunks_of_entry
from crm.intake.opening.cells import unescaped
from crm.intake.opening.workbook import Attributes, Workbook, damaged_workbook, feed, make_parser

MAX_BYTES = 400 * 1024 * 1024
MAX_COUNT = 50_000_000


class Texts:
    """One block of bytes: a list of strings would take several times as much memory."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])

    def add(self, text: str) -> None:
        self._bytes += text.encode()
        self._ends.append(len(self._bytes))
        if len(self._bytes) > MAX_BYTES or len(self._ends) > MAX_COUNT:
            raise JobRefused(
                "too_large", "The workbook holds too much text to be read. Save the sheet as CSV and upload that."
            )

    def get(self, number: str) -> str:
        if not number.isascii() or not number.isdigit() or len(number) > 10 or int(number) + 1 >= len(self._ends):
            raise damaged_workbook()
        place = int(number)
        return self._bytes[self._ends[place] : self._ends[place + 1]].decode()


def read_texts(book: Workbook) -> Texts:
    texts = Texts()
    if book.texts_part:
        reader = _Reader(texts)
        parser = make_parser()
        parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
        parser.CharacterDataHandler = reader.characters
        feed(parser, chunks_of_entry(book.source, book.entry(book.texts_part)))
    return texts


class _Reader:
    """A text may be in runs of their own style, and may say how it is spoken, which is not part of it."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._parts: list[str] = []
        self._is_text = self._is_phonetic = False

    def start(self, name: str, attributes: Attributes) -> None:
        name = name.rpartition(":")[2]
        if name == "sst":
            _refuse_forged(attributes)
        elif name == "si":
            self._parts.clear()
        elif name == "rPh":
            self._is_phonetic = True
        elif name == "t":
            self._is_text = not self._is_phonetic

    def end(self, name: str) -> None:
        name = name.rpartition(":")[2]
        if name == "si":
            self._texts.add(unescaped("".join(self._parts)))
        elif name == "rPh":
            self._is_phonetic = False
        elif name == "t":
            self._is_text = False

    def characters(self, text: str) -> None:
        if self._is_text:
            self._parts.append(text)


def _refuse_forged(attributes: Attributes) -> None:
    for name in ("count", "uniqueCount"):
        text = attributes.get(name, "0")
        if not text.isdigit() or len(text) > 9 or int(text) > MAX_COUNT:
            raise JobRefused(
                "forged", "The workbook claims more texts than a sheet can hold. Save it again and upload that."
            )
