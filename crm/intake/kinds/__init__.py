"""The kinds of tables that can be imported, each with its specification. To add one, write its module and its line."""

from crm.intake.kinds.customers import customers
from crm.intake.kinds.events import events
from crm.intake.kinds.sessions import sessions
from crm.intake.kinds.spec import LEFT_OUT, Destination, MakeSpec, Shop, Spec
from crm.intake.kinds.transactions import transactions

SPECS: dict[str, MakeSpec] = {
    "transactions": transactions,
    "events": events,
    "sessions": sessions,
    "customers": customers,
}

__all__ = ["LEFT_OUT", "SPECS", "Destination", "MakeSpec", "Shop", "Spec"]
