"""Why a line was rejected, or accepted with a warning, in words."""

from django.utils.translation import gettext_lazy as _

# Code -> what the person reads. The first reason that applies is the line's.
REASONS = {
    "too_many_fields": _("The line has more fields than the header has columns."),
    "too_few_fields": _("The line has fewer fields than the header has columns."),
    "bad_encoding": _("The line holds signs that can't be decoded."),
    "field_too_long": _("A field is longer than 65,536 signs."),
    "id_too_long": _("The customer id is longer than 255 signs."),
    "missing_date": _("There is no date."),
    "bad_date": _("The date does not fit the format that was chosen."),
    "date_out_of_range": _("The year is before 1970 or after 2100."),
    "bad_quantity": _("The quantity is missing or no plain number with at most six decimals."),
    "bad_price": _("The unit price is missing or no plain number with at most six decimals."),
    "bad_amount": _("The amount is missing or no plain number with at most six decimals."),
    "too_precise": _("Quantity times price has more than six decimals or is too large."),
    "other_currency": _("The line is in another currency than the figures."),
}
WARNINGS = {
    "exact_duplicates": _("Lines that repeat an earlier line of the file exactly; all were kept."),
    "guest_lines": _("Lines without a customer, kept as guest sales."),
    "returns": _("Returns and cancellations."),
    "service_lines": _("Postage, bank charges and other lines that are no merchandise; they count in all totals."),
    "zero_amount": _("Lines with an amount of zero."),
    "negative_price": _("Lines with a negative price (bad debt or correction)."),
    "future_date": _("Lines dated after the file was received."),
    "normalised_ids": _("Customer ids written like 17850.0 were read as 17850."),
    "trailing_separators": _("Lines that end in separators beyond the last column; nothing stood behind them."),
    "cut_off": _("The last line is cut off; the export may be incomplete."),
}
