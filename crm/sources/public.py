"""Connections to public addresses only: the name is resolved once, and that very address is connected to."""

import ssl
from typing import Any

from django.conf import settings

from core.outgoing import PinnedConnection, addresses_of, is_public
from crm.sources.found import SourceProblem

__all__ = ["PinnedConnection", "connect", "is_public", "public_addresses"]


def connect(host: str, port: int) -> PinnedConnection:
    """An open connection; SourceProblem where the name leads to no public address, or nobody answers."""
    failure = "it has no address"
    for address in public_addresses(host, port):
        connection = PinnedConnection(host, port, address)
        try:
            connection.connect()
        except ssl.SSLError as error:
            raise SourceProblem(f"The certificate of {host} can't be trusted: {_reason(error)}.") from error
        except OSError as error:
            failure = str(error.strerror or error or "it took too long")
            continue
        return connection
    raise SourceProblem(f"{host} does not answer: {failure}.")


def _reason(error: ssl.SSLError) -> str:
    return str(getattr(error, "verify_message", "") or error.reason or "no agreement on https").lower()


def public_addresses(host: str, port: int) -> list[tuple[Any, ...]]:
    """Every address of the name; refused when any of them is not for everybody."""
    try:
        addresses = addresses_of(host, port)
    except (OSError, UnicodeError) as error:
        raise SourceProblem(f"There is no server called {host}.") from error
    if not settings.PULL_ALLOW_PRIVATE and not all(is_public(str(address[0])) for address in addresses):
        raise SourceProblem(f"{host} is not on the public internet; files are fetched from public addresses only.")
    return addresses
