"""`profile CUSTOMER_ID`: everything about one customer."""

from typing import Any

from django.core.management.base import CommandParser

from core.commands import CommandFailure, JsonCommand
from crm.selectors import customer_of
from crm.views.customer_profile import profile_data


class Command(JsonCommand):
    help = "Show what is known of one customer: figures, groups, membership, anomalies and orders."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("customer_id")

    def perform(self, *, customer_id: str, **_: Any) -> dict[str, Any]:
        customer = customer_of(customer_id)
        if customer is None:
            raise CommandFailure(
                "not_found", f"There is no customer {customer_id}. Write the id exactly as the file has it."
            )
        return profile_data(customer)
