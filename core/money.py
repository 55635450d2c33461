"""Money as text: exact, in plain notation."""

from decimal import Decimal


def plain(value: Decimal | int) -> str:
    """All digits, and at least two after the point: 9747747.934, 16.00."""
    whole, _, fraction = f"{Decimal(value):f}".partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"
