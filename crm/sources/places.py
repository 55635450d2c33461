"""Where a source may look, checked when it is set up and again at every look."""

import os
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from crm.models import Inbox
from crm.sources.found import SourceProblem

# {date:%Y-%m-%d} is the day of the look, {date-1:%Y-%m-%d} the day before it.
PLACEHOLDER = re.compile(r"\{date(?:-(\d{1,2}))?:([^{}]+)\}")


# Names that programs give to what they have not finished.
UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart", ".swp", "~")
# The mark beside a file that says that it is whole.
MARK = ".done"


def is_unfinished(name: str) -> bool:
    return name.startswith((".", "~")) or name.endswith((MARK, *UNFINISHED))


def check_location(kind: str, location: str) -> str:
    """The location as it is kept; SourceProblem when nothing of the kind may be there."""
    if kind == Inbox.Kind.FOLDER:
        return str(allowed_folder(location))
    return _web_address(location) if kind == Inbox.Kind.PULL else _bucket(location)


def allowed_roots() -> list[Path]:
    """The folders that the administrator opened to sources."""
    names = [settings.WATCH_FOLDER, *settings.WATCH_ROOTS.split(",")]
    return [Path(os.path.realpath(name.strip())) for name in names if name.strip()]


def allowed_folder(location: str) -> Path:
    """The folder itself, wherever links lead; refused unless it lies in an allowed one and outside our own."""
    roots = allowed_roots()
    if not roots:
        raise SourceProblem("No folder is open to sources. An administrator sets INSIDERS_WATCH_ROOTS.")
    if not Path(location).is_absolute():
        raise SourceProblem("Write the folder from the root on, such as /srv/exports.")
    folder = Path(os.path.realpath(location))
    own = [Path(os.path.realpath(path)) for path in (settings.INSIDERS_HOME, settings.STORAGE_ROOT)]
    is_own = any(folder.is_relative_to(path) or path.is_relative_to(folder) for path in own)
    if not any(folder.is_relative_to(root) for root in roots) or is_own:
        allowed = ", ".join(map(str, roots))
        raise SourceProblem(f"This folder is not open to sources. Choose one in {allowed}, outside Insiders' own.")
    if not folder.is_dir():
        raise SourceProblem("There is no such folder on the server.")
    return folder


def _web_address(location: str) -> str:
    try:
        parts = urlsplit(location)
        port = parts.port
    except ValueError:
        raise SourceProblem("This is no web address.") from None
    if parts.scheme != "https" or not parts.hostname or port == 0 or not location.isprintable() or " " in location:
        raise SourceProblem("Write an address that begins with https:// and names a server.")
    if parts.username or parts.password:
        raise SourceProblem("Leave name and password out of the address; a token comes from INSIDERS_PULL_TOKENS.")
    if "{" in PLACEHOLDER.sub("", parts.netloc) or parts.netloc != PLACEHOLDER.sub("", parts.netloc):
        raise SourceProblem("The date may stand in the path, not in the name of the server.")
    if re.search(r"[{}]", PLACEHOLDER.sub("", location)):
        raise SourceProblem("A date is written like {date:%Y-%m-%d}, the day before like {date-1:%Y-%m-%d}.")
    return location


def _bucket(location: str) -> str:
    match = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/.*)?", location)
    if not match or ".." in (match[2] or "").split("/") or not location.isprintable():
        raise SourceProblem("Write the bucket and its prefix like s3://my-bucket/exports/.")
    allowed = [name.strip() for name in settings.SOURCE_BUCKETS.split(",") if name.strip()]
    if not allowed:
        raise SourceProblem("No bucket is open to sources. An administrator sets INSIDERS_SOURCE_BUCKETS.")
    own = [settings.STORAGE_BUCKET.url] if settings.STORAGE_BUCKET else []
    is_own = any(_is_below(location, name) or _is_below(name, location) for name in own)
    if is_own or not any(_is_below(location, name) for name in allowed):
        raise SourceProblem(f"This place is not open to sources. Choose one in {', '.join(allowed)}, outside our own.")
    return location


def _is_below(place: str, above: str) -> bool:
    return f"{place.rstrip('/')}/".startswith(f"{above.rstrip('/')}/")


def date_names(location: str, days: list[date]) -> Iterator[tuple[date, str]]:
    """The address of each day; one address when it names no date."""
    if not PLACEHOLDER.search(location):
        yield days[-1], location
        return
    for day in days:
        yield day, _written(location, day)


def _written(location: str, day: date) -> str:
    def write(match: "re.Match[str]") -> str:
        return (day - timedelta(days=int(match[1] or 0))).strftime(match[2])

    return PLACEHOLDER.sub(write, location)
