"""The audience of an action as a file; text cells are safe to open in a spreadsheet."""

from collections.abc import Iterator

from core.spreadsheets import csv_lines
from loyalty.models import Action

HEADINGS = ("customer_id", "group", "item_id", "item", "because")


def audience_csv(action: Action, *, has_control: bool = False) -> Iterator[str]:
    """One line a person: outside id, treated or control, and the item suggested on the day of freezing.

    The treated alone unless asked for both: a mailer that is given the control writes to it, and nothing is left to
    compare with.
    """
    columns = ("customer__external_id", "is_control", "item_id", "item_name", "because")
    members = action.members.all() if has_control else action.members.filter(is_control=False)
    found = members.order_by("is_control", "customer_id").values_list(*columns).iterator(chunk_size=5_000)
    rows = ((key, "control" if is_control else "treatment", *rest) for key, is_control, *rest in found)
    return csv_lines(list(HEADINGS), rows)
