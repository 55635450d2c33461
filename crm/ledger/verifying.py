"""Reading every stored file again, and saying which are not what was written."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import duckdb
from django.utils.module_loading import import_string

from crm.ledger.reading import connect, quoted
from crm.ledger.storage import digest, digest_in_name, drop_damaged_copy, explained, location, stored
from crm.models import CatalogueEntry, LedgerFile, MergedFile, Upload
from crm.stored_files import CLAIM_SOURCES

ANEW = "Open the upload, take it back and import it again: the file as it came is kept."
REMERGE = "Restore the file from a backup, or take any upload back and bring it again: it is a copy of other files."
RESTORE = "Restore the file from a backup."


@dataclass(frozen=True)
class Claim:
    """What a row says of a stored file. `sha256` is empty where nobody noted one; `size` is 0 then."""

    path: str
    what: str
    remedy: str
    sha256: str = ""
    size: int = 0
    upload: int | None = None
    file_name: str = ""


@dataclass(frozen=True)
class Damage:
    path: str
    state: str  # missing or damaged
    upload: int | None
    file_name: str
    sentence: str


def claims() -> list[Claim]:
    """One for each stored file that some row refers to."""
    found: dict[str, Claim] = {}
    for source in CLAIM_SOURCES:
        gather: Callable[[], Iterable[Claim]] = import_string(source)
        for claim in gather():
            found.setdefault(claim.path, claim)
    return list(found.values())


def ledger_claims() -> Iterator[Claim]:
    """Ledger files and shadows of every version that is kept, the files as they came, and the rejected lines."""
    files = LedgerFile.objects.select_related("upload").order_by("pk")
    for file in files.iterator():
        yield Claim(
            file.path, "lines", f"{RESTORE} Or: {ANEW}", file.sha256, file.size, file.upload_id, file.upload.file_name
        )
    for merged in MergedFile.objects.order_by("pk").iterator():
        yield Claim(merged.path, "merged lines", REMERGE, merged.sha256, merged.size)
    shadows = CatalogueEntry.objects.exclude(shadow_path="").values_list(
        "shadow_path", "file__upload_id", "file__upload__file_name"
    )
    for path, upload, name in shadows.distinct().iterator():
        sha256 = digest_in_name(path)
        yield Claim(path, "list of repeated lines", f"{RESTORE} Or: {ANEW}", sha256, upload=upload, file_name=name)
    for stored_file in Upload.objects.order_by("pk").iterator():
        yield from _upload_claims(stored_file)


def _upload_claims(upload: Upload) -> Iterator[Claim]:
    if upload.storage_name:
        remedy = (
            f"{RESTORE} The lines that were made of it still count, and no figure is wrong; "
            "it can't be read again without this file."
        )
        yield Claim(upload.storage_name, "file as it came", remedy, upload.sha256, upload.size, *_named(upload))
    if upload.rejected_path:
        sha256 = digest_in_name(upload.rejected_path)
        yield Claim(upload.rejected_path, "rejected lines", f"{RESTORE} Or: {ANEW}", sha256, 0, *_named(upload))


def _named(upload: Upload) -> tuple[int, str]:
    return upload.pk, upload.file_name


def verify(progress: Callable[[int, int], None] = lambda done, total: None) -> dict[str, Any]:
    """Read all stored files; returns counts and every damage. A storage that does not answer is no damage."""
    found = claims()
    damaged, read, repaired = [], 0, []
    for number, claim in enumerate(found):
        progress(number, len(found))
        if damage := look_at(claim):
            damaged.append(damage)
            continue
        kept = stored(claim.path)
        read += kept.size if kept else 0
        if claim.sha256 and drop_damaged_copy(claim.path, claim.sha256):
            repaired.append(claim.path)
    if damaged:  # what was deleted meanwhile, row and file, is not missing
        still = {claim.path for claim in claims()}
        damaged = [damage for damage in damaged if damage.path in still]
    return {
        "state": "damaged" if damaged else "ok",
        "files": len(found),
        "bytes": read,
        "damaged": [asdict(damage) for damage in damaged],
        "copies_repaired": repaired,
    }


def look_at(claim: Claim) -> Damage | None:
    """What is wrong with one file, if anything is."""
    kept = stored(claim.path)
    if kept is None:
        return _damage(claim, "missing", "is missing")
    if claim.size and kept.size != claim.size:
        return _damage(claim, "damaged", f"has {kept.size:,} instead of {claim.size:,} bytes")
    is_right = digest(claim.path) == claim.sha256 if claim.sha256 else _is_readable(claim.path)
    return None if is_right else _damage(claim, "damaged", "does not hold what was written")


def _is_readable(path: str) -> bool:
    """For files from before digests were noted: every value of every column can be decoded."""
    connection = connect(threads=1, memory_mb=256)
    try:
        with explained():
            source = f"read_parquet({quoted(location(path))})"
            connection.execute(f"SELECT bit_xor(hash(COLUMNS(*))) FROM {source}").fetchall()
    except duckdb.Error:
        return False
    finally:
        connection.close()
    return True


def _damage(claim: Claim, state: str, fault: str) -> Damage:
    whose = f", of upload {claim.upload} ({claim.file_name})" if claim.upload else ""
    sentence = f"The {claim.what}{whose}: {claim.path} {fault}. {claim.remedy}"
    return Damage(claim.path, state, claim.upload, claim.file_name, sentence)
