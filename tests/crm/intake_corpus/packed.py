"""Tables in gzip and ZIP, and archives that mean harm."""

import gzip
import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.crm.intake_corpus.base import PLAIN, Case

CSV = PLAIN.encode()


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return stream.getvalue()


def zero_bomb() -> bytes:
    """128 MB of nothing in 128 KB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([*(packer.compress(b"0" * 1024 * 1024) for _ in range(128)), packer.flush()])


def flat_bomb() -> bytes:
    return zipped(("sales.csv", b"0" * 128 * 1024 * 1024))


def nested_bomb() -> bytes:
    inner = zipped(("sales.csv", b"0" * 1024 * 1024))
    for _ in range(5):
        inner = zipped(("sales.zip", inner))
    return inner


def overlapping_bomb() -> bytes:
    """Entries of other names that all lie in the same bytes."""
    data = zipped(("a.csv", b"0" * 4096))
    end = data.rfind(b"PK\x05\x06")
    (start,) = struct.unpack_from("<L", data, end + 16)
    one = data[start:end]
    listing = b"".join(one[:46] + f"{chr(97 + n)}.csv".encode() for n in range(20))
    return data[:start] + listing + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 20, 20, len(listing), start, 0)


def many_entries() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(100_000):
            archive.writestr(zipfile.ZipInfo(f"{number}.csv"), b"")
    return stream.getvalue()


def link() -> bytes:
    entry = zipfile.ZipInfo("sales.csv")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return zipped((entry, b"/etc/passwd"))


def patched(offset: int, value: bytes, data: bytes | None = None) -> bytes:
    """A ZIP with other bytes in its list of entries."""
    packed = bytearray(data or zipped(("sales.csv", CSV)))
    start = packed.find(b"PK\x01\x02") + offset
    packed[start : start + len(value)] = value
    return bytes(packed)


def claiming(size: int) -> Callable[[], bytes]:
    """An entry that says it inflates to so many bytes, with the checksum of as many."""
    return lambda: patched(16, struct.pack("<L", zlib.crc32(CSV[:size])), patched(24, struct.pack("<L", size)))


def damaged_inside() -> bytes:
    packed = bytearray(zipped(("sales.csv", CSV), method=zipfile.ZIP_STORED))
    packed[60] ^= 1
    return bytes(packed)


def refused(name: str, data: bytes | Callable[[], bytes], code: str) -> Case:
    return Case(name, data, "RF", code)


PACKED = [
    Case("gzip", gzip.compress(CSV, 1), "AX", lines=6),
    Case("gzip in two parts", gzip.compress(CSV[:100]) + gzip.compress(CSV[100:]), "AX", lines=6),
    Case("gzip with padding", gzip.compress(CSV) + b"\0" * 512, "AX", lines=6),
    Case("gzip of Latin-1", gzip.compress((PLAIN + "B1,2025-03-01,Zoë,cup,1,1\n").encode("latin-1")), "AX"),
    refused("gzip cut off", lambda: gzip.compress(os.urandom(50_000).hex().encode())[:-2000], "truncated"),
    refused("gzip without its checksum", gzip.compress(CSV)[:-4], "truncated"),
    refused("gzip with bytes behind", gzip.compress(CSV) + b"more", "truncated"),
    refused("gzip with a wrong checksum", gzip.compress(CSV)[:-8] + b"12345678", "truncated"),
    refused("gzip bomb", zero_bomb, "bomb"),
    refused("gzip of nothing", gzip.compress(b""), "empty"),
    refused("gzip magic and nothing more", b"\x1f\x8b", "truncated"),
    refused("gzip in gzip", gzip.compress(gzip.compress(CSV)), "nested"),
    Case("ZIP of one CSV", zipped(("export/sales.csv", CSV)), "AX", lines=6),
    Case("ZIP, not compressed", zipped(("sales.csv", CSV), method=zipfile.ZIP_STORED), "AX", lines=6),
    Case("ZIP of Windows", zipped(("export\\sales.csv", CSV)), "AX", lines=6),
    Case(
        "ZIP of macOS",
        zipped(
            ("export/", b""), ("export/sales.csv", CSV), ("__MACOSX/._sales.csv", b"\0"), ("export/.DS_Store", b"x")
        ),
        "AX",
        lines=6,
    ),
    refused("ZIP of two CSV", zipped(("may.csv", CSV), ("june.csv", CSV)), "many_files"),
    refused("ZIP of nothing", zipped(), "empty"),
    refused("ZIP of a folder", zipped(("export/", b"")), "empty"),
    refused("ZIP of an empty file", zipped(("sales.csv", b"")), "empty"),
    refused("ZIP of a PDF", zipped(("sales.csv", b"%PDF-1.7 ...")), "not_a_table"),
    refused("ZIP bomb, flat", flat_bomb, "bomb"),
    refused("ZIP bomb, nested", nested_bomb, "nested"),
    refused("ZIP bomb, overlapping", overlapping_bomb, "bomb"),
    refused("gzip in a ZIP", zipped(("sales.csv.gz", gzip.compress(CSV))), "nested"),
    refused("ZIP in gzip", gzip.compress(zipped(("sales.zip", zipped(("sales.csv", CSV))))), "nested"),
    refused("ZIP with a path that climbs", zipped(("../../sales.csv", CSV)), "unsafe_name"),
    refused("ZIP with a path that climbs on Windows", zipped(("..\\..\\sales.csv", CSV)), "unsafe_name"),
    refused("ZIP with a path from the root", zipped(("/etc/sales.csv", CSV)), "unsafe_name"),
    refused("ZIP with a drive", zipped(("C:\\sales.csv", CSV)), "unsafe_name"),
    refused("ZIP with a link", link, "link"),
    refused("ZIP of 100,000 entries", many_entries, "too_many_entries"),
    refused("ZIP that claims fewer bytes", claiming(100), "bomb"),
    refused("ZIP that claims more bytes", claiming(100_000), "damaged"),
    refused("ZIP that claims 4 GB", claiming(4_000_000_000), "bomb"),
    refused("ZIP with a password", patched(8, b"\x01\x00"), "encrypted"),
    refused("ZIP by another method", zipped(("sales.csv", CSV), method=zipfile.ZIP_LZMA), "unknown_packing"),
    refused("ZIP with a wrong checksum", damaged_inside, "damaged"),
    refused("ZIP cut off", zipped(("sales.csv", CSV))[:-30], "truncated"),
    refused("ZIP magic and nothing more", b"PK\x03\x04" + b"\0" * 100, "truncated"),
]
