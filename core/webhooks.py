"""What webhooks speak: the events that there are, and the signature by which a message proves where it comes from."""

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.outgoing import addresses_of, is_public
from core.problems import Problem

PING = "ping"
EVENTS = {
    "member.joined": gettext_lazy("Customers joined a programme"),
    "member.warned": gettext_lazy("Members were warned"),
    "member.left": gettext_lazy("Members left"),
}
# How long to wait after each failed attempt; after the last of them a message is given up.
WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720, 1440)]
LARGEST_PORT = 65_535


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA-256 over the moment and the body, as hexadecimal: `t.body` under the endpoint's secret."""
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def is_authentic(secret: str, header: str, body: bytes, *, now: float, tolerance: int = 300) -> bool:
    """What a receiver checks of `Insiders-Signature: t=…,v1=…`: the signature, and that it is not old."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    moment = parts.get("t", "")
    if not moment.isdecimal() or abs(now - int(moment)) > tolerance:
        return False
    return hmac.compare_digest(signature(secret, int(moment), body), parts.get("v1", ""))


def target_of(url: str) -> tuple[str, str, int, str]:
    """Scheme, host, port and path of an address that messages may be sent to; raises Problem with what to change."""
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise Problem("url", _("This is no web address.")) from error
    allowed = {"https", "http"} if settings.WEBHOOK_ALLOW_PRIVATE else {"https"}
    if parts.scheme not in allowed or not parts.hostname or parts.username or parts.password:
        raise Problem("url", _("The address must begin with https:// and hold neither user nor password."))
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not path.isascii() or any(sign <= " " for sign in path) or not 0 < port <= LARGEST_PORT:
        raise Problem("url", _("This is no web address."))
    return parts.scheme, parts.hostname, port, path


def check_reachable(host: str, port: int) -> tuple[object, ...]:
    """The address to connect to; raises Problem for a name without one, or that leads into a private network."""
    try:
        addresses = addresses_of(host, port)
    except (OSError, UnicodeError) as error:
        raise Problem("url", _("There is no server called %(host)s.") % {"host": host}) from error
    if not settings.WEBHOOK_ALLOW_PRIVATE and not all(is_public(str(address[0])) for address in addresses):
        message = _("%(host)s is not on the public internet; messages are sent to public addresses only.")
        raise Problem("url", message % {"host": host})
    return addresses[0]
