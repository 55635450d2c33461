"""Connections to public addresses only: the name is resolved once, and that very address is connected to."""

import http.client
import ipaddress
import socket
import ssl
from typing import Any

from django.conf import settings

from crm.sources.found import SourceProblem

CONNECT_SECONDS = 15
# Of silence in the middle of an answer.
READ_SECONDS = 60
# Addresses that carry another one inside: what looks public would lead into a private network.
EMBEDDING = [ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]


class PinnedConnection(http.client.HTTPSConnection):
    """https to one address that was looked at before, under the name that its certificate has to bear."""

    def __init__(self, host: str, port: int, address: tuple[Any, ...]) -> None:
        self._certificates = ssl.create_default_context()
        super().__init__(host, port, timeout=CONNECT_SECONDS, context=self._certificates)
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection(self._address[:2], timeout=CONNECT_SECONDS)
        self.sock = self._certificates.wrap_socket(plain, server_hostname=self.host)
        self.sock.settimeout(READ_SECONDS)


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
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceProblem(f"There is no server called {host}.") from error
    addresses = [entry[4] for entry in found]
    if not settings.PULL_ALLOW_PRIVATE and not all(is_public(str(address[0])) for address in addresses):
        raise SourceProblem(f"{host} is not on the public internet; files are fetched from public addresses only.")
    return addresses


def is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if any(address in network for network in EMBEDDING):
            return False
    return address.is_global and not address.is_multicast
