"""Customers by their outside id."""

from django.db.models import QuerySet

from core.search import starts_with
from crm.models import Customer

LONGEST_ID = 255


def customer_of(external_id: str) -> Customer | None:
    """The customer with exactly this outside id."""
    if "\x00" in external_id:  # PostgreSQL refuses even to look for it
        return None
    return Customer.objects.filter(external_id=external_id).first()


def search_prefix(text: str) -> str:
    """What a person typed as the database compares it; capitals do not matter."""
    return text.strip().replace("\x00", "").casefold()[:LONGEST_ID]


def customers_starting_with(text: str) -> QuerySet[Customer]:
    """Customers whose outside id begins with the text, in the order of their ids; everybody for an empty text."""
    prefix = search_prefix(text)
    found = Customer.objects.filter(starts_with("search_key", prefix)) if prefix else Customer.objects.all()
    return found.order_by("search_key", "pk")


def external_ids(keys: set[int]) -> dict[int, str]:
    """Outside ids of a few customers, by key."""
    return dict(Customer.objects.filter(pk__in=keys).values_list("pk", "external_id"))
