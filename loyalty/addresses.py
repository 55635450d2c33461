"""The address under which people reach this installation, for links in what leaves it: files and mails."""

from django.conf import settings


def public_url() -> str:
    """PUBLIC_URL without a slash at its end."""
    return str(settings.PUBLIC_URL).rstrip("/")
