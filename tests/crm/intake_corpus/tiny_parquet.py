"""The smallest Parquet writer: for what no library of ours writes, such as INT96 times and forged counts."""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime

INT64, INT96, TEXT = 2, 3, 6
I32, I64, BINARY, LIST, STRUCT = 5, 6, 8, 9, 12
JULIAN_1970 = 2_440_588


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def integer(number: int) -> bytes:
    return varint(number << 1 if number >= 0 else (-number << 1) - 1)


def binary(data: bytes) -> bytes:
    return varint(len(data)) + data


def listed(kind: int, items: Sequence[bytes]) -> bytes:
    return bytes([len(items) << 4 | kind]) + b"".join(items)


def struct_of(*fields: tuple[int, int, bytes]) -> bytes:
    """Thrift's compact form: each field's number as the distance from the one before."""
    out, before = bytearray(), 0
    for number, kind, data in fields:
        out += bytes([(number - before) << 4 | kind]) + data
        before = number
    return bytes(out) + b"\0"


def plain(kind: int, value: object) -> bytes:
    if kind == TEXT:
        data = str(value).encode()
        return struct.pack("<L", len(data)) + data
    if kind == INT96:
        assert isinstance(value, datetime)
        days, seconds = divmod(int(value.replace(tzinfo=UTC).timestamp()), 86_400)
        return struct.pack("<QL", seconds * 1_000_000_000 + value.microsecond * 1000, days + JULIAN_1970)
    assert isinstance(value, int)
    return struct.pack("<q", value)


def parquet(columns: dict[str, tuple[int, Sequence[object]]], *, claimed: int | None = None) -> bytes:
    """One row group of required, plain, uncompressed columns; `claimed` is the footer's number of rows."""
    out = bytearray(b"PAR1")
    rows = len(next(iter(columns.values()))[1])
    chunks, schema = [], [struct_of((4, BINARY, binary(b"root")), (5, I32, integer(len(columns))))]
    for name, (kind, values) in columns.items():
        data = b"".join(plain(kind, value) for value in values)
        header = struct_of((1, I32, integer(rows)), (2, I32, integer(0)), (3, I32, integer(3)), (4, I32, integer(3)))
        size = integer(len(data))
        page = struct_of((1, I32, integer(0)), (2, I32, size), (3, I32, size), (5, STRUCT, header)) + data
        whole, path = integer(len(page)), listed(BINARY, [binary(name.encode())])
        about = struct_of(
            *((1, I32, integer(kind)), (2, LIST, listed(I32, [integer(0)])), (3, LIST, path), (4, I32, integer(0))),
            *((5, I64, integer(rows)), (6, I64, whole), (7, I64, whole), (9, I64, integer(len(out)))),
        )
        chunks.append(struct_of((2, I64, integer(len(out))), (3, STRUCT, about)))
        schema.append(
            struct_of(
                *((1, I32, integer(kind)), (3, I32, integer(0)), (4, BINARY, binary(name.encode()))),
                *([(6, I32, integer(0))] if kind == TEXT else []),
            )
        )
        out += page
    group = struct_of((1, LIST, listed(STRUCT, chunks)), (2, I64, integer(len(out))), (3, I64, integer(rows)))
    footer = struct_of(
        *((1, I32, integer(1)), (2, LIST, listed(STRUCT, schema))),
        *((3, I64, integer(rows if claimed is None else claimed)), (4, LIST, listed(STRUCT, [group]))),
    )
    return bytes(out) + footer + struct.pack("<L", len(footer)) + b"PAR1"
