"""A file at a web address, fetched again and again; with a date in the address, each day's file once."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format

from crm.models import Inbox, InboxFile
from crm.sources.found import BLOCK, Found, SourceProblem
from crm.sources.places import check_location, date_names
from crm.sources.public import PinnedConnection, connect

MOST_REDIRECTS = 5
# Days that are made up for when the server was off, or the file came late.
DAYS_BACK = 6
REDIRECTS = {301, 302, 303, 307, 308}


def look(inbox: Inbox, now: datetime) -> Iterator[Found]:
    check_location(inbox.kind, inbox.location)
    today, begun = timezone.localdate(now), timezone.localdate(inbox.created_at)
    days = [day for back in range(DAYS_BACK, -1, -1) if (day := today - timedelta(days=back)) >= begun] or [today]
    names = list(date_names(inbox.location, days))
    is_daily = names[0][1] != inbox.location
    missing: list[date] = []
    for day, address in names:
        taken = InboxFile.objects.filter(inbox=inbox, name=address, taken_at__isnull=False).order_by("-taken_at")
        if is_daily and taken.exists():
            continue
        answer = _ask(inbox, address, "" if is_daily else next(iter(taken.values_list("version", flat=True)), ""))
        if answer is None:
            missing.append(day)
        elif answer.status == HTTPStatus.NOT_MODIFIED:
            answer.close()
        else:
            yield _found(address, answer)
    if overdue := [day for day in missing if day < today or not is_daily]:
        raise SourceProblem(_overdue_sentence(overdue, is_daily))


def _overdue_sentence(days: list[date], is_daily: bool) -> str:
    if not is_daily:
        return "There is nothing at this address (404 Not Found)."
    return f"Not there (404 Not Found): the file of {', '.join(date_format(day, 'j F Y') for day in days)}."


def _found(address: str, answer: "Answer") -> Found:
    path = PurePosixPath(unquote(urlsplit(address).path))
    return Found(
        name=address,
        file_name=path.name or "pulled-file",
        version=answer.version,
        size=answer.length,
        open=answer.pieces,
        close=answer.close,
    )


class Answer:
    """An open answer of a server: its status is known, its bytes are still to come."""

    def __init__(self, connection: PinnedConnection, response: http.client.HTTPResponse) -> None:
        self._connection, self._response = connection, response
        self.status = response.status
        length = response.getheader("Content-Length") or ""
        self.length = int(length) if length.isascii() and length.isdigit() else None
        self.target = response.getheader("Location") or ""
        mark = response.getheader("ETag") or response.getheader("Last-Modified") or ""
        self.version = mark if len(mark) <= 120 else ""

    def close(self) -> None:
        self._response.close()
        self._connection.close()

    @contextmanager
    def pieces(self) -> Iterator[Iterator[bytes]]:
        yield self._read()

    def _read(self) -> Iterator[bytes]:
        largest, count = settings.UPLOAD_MAX_MB * 1_000_000, 0
        if (self.length or 0) > largest:
            raise SourceProblem(_too_large())
        try:
            while block := self._response.read(BLOCK):
                count += len(block)
                if count > largest:
                    raise SourceProblem(_too_large())
                yield block
        except (OSError, http.client.HTTPException) as error:
            raise SourceProblem("The connection broke off in the middle of the file.") from error
        if self.length is not None and count != self.length:
            raise SourceProblem(f"The connection broke off after {count:,} of {self.length:,} bytes.")


def _too_large() -> str:
    return f"The file is larger than {settings.UPLOAD_MAX_MB:,} MB, the limit of UPLOAD_MAX_MB."


def _ask(inbox: Inbox, address: str, version: str) -> Answer | None:
    """The server's answer after all redirects; None where there is nothing (yet)."""
    first = urlsplit(address)
    for _ in range(MOST_REDIRECTS + 1):
        parts = urlsplit(check_location(inbox.kind, address))
        # The token is for the server that it was given for, and for nobody that it points to.
        is_first = (parts.hostname, parts.port) == (first.hostname, first.port)
        answer = _request(parts, _headers(inbox if is_first else None, version))
        if answer.status not in REDIRECTS:
            return _checked(answer, parts.hostname or "")
        answer.close()
        address = urljoin(address, answer.target)
    raise SourceProblem(f"The address leads on more than {MOST_REDIRECTS} times.")


def _request(parts: Any, headers: dict[str, str]) -> Answer:
    connection = connect(parts.hostname, parts.port or 443)
    try:
        connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", headers=headers)
        return Answer(connection, connection.getresponse())
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        raise SourceProblem(f"{parts.hostname} broke off before it answered.") from error


def _headers(inbox: Inbox | None, version: str) -> dict[str, str]:
    headers = {"User-Agent": "Insiders", "Accept-Encoding": "identity", "Accept": "*/*"}
    if version:
        headers["If-None-Match" if version.startswith(('"', "W/")) else "If-Modified-Since"] = version
    if inbox is not None and inbox.token_name:
        token = settings.PULL_TOKENS.get(inbox.token_name)
        if not token:
            sentence = f"The token {inbox.token_name} is not set; an administrator adds it to INSIDERS_PULL_TOKENS."
            raise SourceProblem(sentence)
        headers["Authorization"] = f"Bearer {token}"
    return headers


def _checked(answer: Answer, host: str) -> Answer | None:
    if answer.status in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}:
        return answer
    answer.close()
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
        return None
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise SourceProblem(f"{host} refused us ({answer.status}): check the token of this source.")
    phrase = http.client.responses.get(answer.status, "an unknown status")
    raise SourceProblem(f"{host} answered {answer.status} ({phrase}).")
