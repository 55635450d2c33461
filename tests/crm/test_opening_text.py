"""Plain text: read where it lies if it can be, else written anew, always with the same signs."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.intake.opening import OpenedTable, open_table, text
from crm.intake.opening.opened import no_progress
from crm.intake.opening.text import open_text

TABLE = "name,amount\nZoë,1\nBob,2\n"
SIGNS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff\ufffd\r\n"), min_size=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "work"
    path.mkdir()
    return path


def opened(data: bytes, folder: Path, **options: str) -> OpenedTable:
    source = folder.parent / "stored"
    source.write_bytes(data)
    found = open_table(source, folder, options=options)
    assert source.read_bytes() == data
    return found


@pytest.mark.parametrize("data", [TABLE.encode(), TABLE.encode().replace(b"\n", b"\r\n"), b"a,b\n1,2\n", b"a,b"])
def test_a_text_that_can_be_read_as_it_is_is_not_copied(data: bytes, folder: Path) -> None:
    found = opened(data, folder)
    assert found.path == folder.parent / "stored"
    assert (found.encoding, found.undecodable, list(folder.iterdir())) == ("utf-8", 0, [])
    assert found.newline == ("\r\n" if b"\r" in data else "\n")


@pytest.mark.parametrize(
    ("data", "encoding", "newline"),
    [
        (TABLE.encode("utf-8-sig"), "utf-8", "\n"),
        (TABLE.encode("utf-16"), "utf-16", "\n"),
        (TABLE.encode("cp1252"), "cp1252", "\n"),
        (TABLE.encode().replace(b"\n", b"\r"), "utf-8", "\r"),
        (TABLE.encode().replace(b"\n", b"\r\n", 1), "utf-8", "mixed"),
    ],
)
def test_any_other_text_is_written_anew(data: bytes, encoding: str, newline: str, folder: Path) -> None:
    found = opened(data, folder)
    assert found.path.parent == folder
    assert found.path.read_bytes() == TABLE.encode()
    assert (found.encoding, found.newline, found.undecodable) == (encoding, newline, 0)


def test_a_declared_encoding_counts(folder: Path) -> None:
    found = opened(TABLE.encode("cp1251", "replace") + "Ёж,3\n".encode("cp1251"), folder, encoding="cp1251")
    assert found.path.read_text().endswith("Ёж,3\n")


def test_signs_that_can_not_be_decoded_are_counted(folder: Path) -> None:
    found = opened(TABLE.encode() * 3 + b"Zo\xeb,1\n", folder)
    assert (found.encoding, found.undecodable) == ("utf-8", 1)


@settings(deadline=None)
@given(rows=st.lists(SIGNS, min_size=1), size=st.integers(1, 7), newline=st.sampled_from(["\n", "\r\n", "\r"]))
def test_wherever_the_chunks_end_the_text_is_the_same(
    rows: list[str], size: int, newline: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("work")
    data = newline.join(["name", *rows, ""]).encode()
    (folder / "stored").write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "CHUNK", size)
        found = open_text(folder / "stored", folder / "text", encoding=None, progress=no_progress)
    assert found.newline == newline
    assert found.path.read_bytes() == data.replace(b"\r", b"\n" if newline == "\r" else b"\r")
