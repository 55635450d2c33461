"""Connections that lead out: the name is resolved once, only public addresses count, that very one is connected to."""

import http.client
import ipaddress
import socket
import ssl
from typing import Any

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


class PlainPinnedConnection(http.client.HTTPConnection):
    """The same without encryption, for closed networks that an administrator opened."""

    def __init__(self, host: str, port: int, address: tuple[Any, ...]) -> None:
        super().__init__(host, port, timeout=CONNECT_SECONDS)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection(self._address[:2], timeout=CONNECT_SECONDS)
        self.sock.settimeout(READ_SECONDS)


def addresses_of(host: str, port: int) -> list[tuple[Any, ...]]:
    """Every address of the name; raises OSError or UnicodeError where there is none."""
    return [entry[4] for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if any(address in network for network in EMBEDDING):
            return False
    return address.is_global and not address.is_multicast
