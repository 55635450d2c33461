"""A ZIP of one table: found among what systems add to it, and inflated into the work folder."""

import zipfile
from pathlib import Path, PurePosixPath

from core.runs import JobRefused
from crm.intake.opening.archive import chunks_of_entry
from crm.intake.opening.opened import Progress, Room

SHOWN = 3
SYSTEM_FILES = {"thumbs.db", "desktop.ini"}


def inflate_zip(source: Path, archive: zipfile.ZipFile, target: Path, progress: Progress) -> Path:
    """Write the one table of the archive to `target`."""
    entry = _only_table(archive)
    room = Room(target.parent)
    done = 0
    with target.open("wb") as out:
        for chunk in chunks_of_entry(source, entry):
            room.take(len(chunk))
            out.write(chunk)
            done += len(chunk)
            progress("Unpacking", done, entry.file_size)
    return target


def _only_table(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    tables = [entry for entry in archive.infolist() if not entry.is_dir() and not _is_hidden(entry.filename)]
    if not tables:
        raise JobRefused("empty", "The ZIP holds no file. Check the export and upload it again.")
    if len(tables) > 1:
        names = ", ".join(PurePosixPath(entry.filename).name for entry in tables[:SHOWN])
        raise JobRefused(
            "many_files",
            f"The ZIP holds {len(tables):,} files ({names}{', …' if len(tables) > SHOWN else ''}). Unpack it and "
            "drop the files themselves, all at once: the page takes many files.",
        )
    return tables[0]


def _is_hidden(name: str) -> bool:
    """What a system adds on its own: resource forks of macOS, previews, anything that starts with a point."""
    parts = name.replace("\\", "/").split("/")
    return any(part.startswith((".", "__MACOSX")) for part in parts) or parts[-1].lower() in SYSTEM_FILES
