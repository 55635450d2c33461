"""A ZIP looked at before anything of it is read: how many entries, how large, where they lie, what they claim."""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from core.runs import JobRefused
from crm.intake.opening.opened import CHUNK
from crm.intake.opening.packed import FREE, MAX_RATIO, bomb

MAX_ENTRIES = 10_000
# Of the list of entries, which is read as a whole.
MAX_DIRECTORY = 8 * 1024 * 1024
LOCAL_HEADER = 30
BLOCK = 256 * 1024
READ_ALIKE = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def open_archive(path: Path) -> zipfile.ZipFile:
    """The archive, its list of entries checked; JobRefused for one that is damaged or means harm."""
    _refuse_long_list(path)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, struct.error) as error:
        raise damaged() from error
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES:
        raise _too_many()
    for entry in entries:
        _refuse_entry(entry)
    _refuse_overlap(archive, entries)
    return archive


def damaged() -> JobRefused:
    return JobRefused("damaged", "The compressed file is damaged. Pack or export it again and upload that.")


def _too_many() -> JobRefused:
    return JobRefused(
        "too_many_entries",
        f"The ZIP holds more than {MAX_ENTRIES:,} entries. Unpack it and upload the file you need.",
    )


def _refuse_long_list(path: Path) -> None:
    """The end record says how long the list is; reading a list of millions would take gigabytes."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        stream.seek(max(size - 65_535 - 22 - 20, 0))
        tail = stream.read()
        end = tail.rfind(b"PK\x05\x06")
        if end < 0 or len(tail) < end + 22:
            raise JobRefused("truncated", "The compressed file is cut off or damaged. Compress or send it again.")
        entries, length = struct.unpack_from("<HL", tail, end + 10)
        if end >= 20 and tail[end - 20 : end - 16] == b"PK\x06\x07":
            (offset,) = struct.unpack_from("<Q", tail, end - 12)
            if offset + 56 > size:
                raise damaged()
            stream.seek(offset)
            entries, length = struct.unpack_from("<QQ", stream.read(56), 32)
    if entries > MAX_ENTRIES or length > MAX_DIRECTORY:
        raise _too_many()


def _refuse_entry(entry: zipfile.ZipInfo) -> None:
    if entry.flag_bits & 0x1:
        raise JobRefused("encrypted", "The file is protected by a password. Save it without one and upload that.")
    parts = entry.filename.replace("\\", "/").split("/")
    if ".." in parts or entry.filename[:1] in {"/", "\\"} or entry.filename[1:2] == ":" or "\0" in entry.orig_filename:
        raise JobRefused(
            "unsafe_name", "An entry of the ZIP has a path that leads out of it; it was refused. Pack the file again."
        )
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise JobRefused("link", "The ZIP holds a link instead of a file. Pack the file itself and upload that.")
    if entry.compress_type not in READ_ALIKE:
        raise JobRefused("unknown_packing", "The ZIP is packed in an unusual way. Pack it again as a normal ZIP.")
    if entry.file_size > max(entry.compress_size * MAX_RATIO, FREE):
        raise bomb()


def _refuse_overlap(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Entries that share their bytes are how a small file becomes an endless one."""
    ends_at = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < ends_at:
            raise bomb()
        ends_at = entry.header_offset + LOCAL_HEADER + entry.compress_size
    if ends_at > archive.start_dir:
        raise bomb()


def chunks_of_entry(path: Path, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of one entry; refused when it holds more, fewer or other bytes than it claims.

    `zipfile` would stop at the claimed size and never say that there was more.
    """
    done = crc = 0
    for chunk in _inflated(path, entry):
        done, crc = done + len(chunk), zlib.crc32(chunk, crc)
        if done > entry.file_size:
            raise bomb()
        yield chunk
    if (done, crc) != (entry.file_size, entry.CRC):
        raise damaged()


def _inflated(path: Path, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    with path.open("rb") as stream:
        stream.seek(_begin(stream, entry))
        packed = _packed(stream, entry.compress_size)
        if entry.compress_type == zipfile.ZIP_STORED:
            yield from packed
            return
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for block in packed:
                while block:
                    yield inflater.decompress(block, CHUNK)
                    block = inflater.unconsumed_tail
            yield inflater.flush()
        except zlib.error as error:
            raise damaged() from error
        if not inflater.eof:
            raise damaged()


def _begin(stream: IO[bytes], entry: zipfile.ZipInfo) -> int:
    stream.seek(entry.header_offset)
    header = stream.read(LOCAL_HEADER)
    if len(header) < LOCAL_HEADER or header[:4] != b"PK\x03\x04":
        raise damaged()
    name, extra = struct.unpack_from("<HH", header, 26)
    return int(entry.header_offset + LOCAL_HEADER + name + extra)


def _packed(stream: IO[bytes], size: int) -> Iterator[bytes]:
    left = size
    while left:
        block = stream.read(min(left, BLOCK))
        if not block:
            raise damaged()
        left -= len(block)
        yield block
