"""Why a line was rejected, or accepted with a warning, in words."""

from django.utils.translation import gettext_lazy as _

# Code -> what the person reads. The first reason that applies is the line's.
REASONS = {
    "too_many_fields": _("The line has more fields than the header has columns."),
    "too_few_fields": _("The line has fewer fields than the header has columns."),
    "error_cell": _("A cell of the row holds an error such as #N/A or #DIV/0!."),
    "empty_formula": _("A formula of the row holds no result. Open and save the workbook, then upload it again."),
    "bad_json": _("The line is no JSON object that can be read."),
    "bad_encoding": _("The line holds characters that can't be decoded."),
    "field_too_long": _("A field is longer than 65,536 characters."),
    "id_too_long": _("The customer id is longer than 255 characters."),
    "missing_date": _("There is no date."),
    "bad_date": _("The date does not fit the format that was chosen."),
    "date_out_of_range": _("The year is before 1970 or after 2100."),
    "bad_quantity": _("The quantity is missing or no plain number with at most six decimals."),
    "bad_price": _("The unit price is missing or no plain number with at most six decimals."),
    "bad_amount": _("The amount is missing or no plain number with at most six decimals."),
    "too_precise": _("Quantity times price has more than six decimals or is too large."),
    "missing_visitor": _("There is neither a session nor a visitor, so nobody can say whose visit it was."),
    "missing_customer": _("There is no customer id, so nobody can say whom the row is about."),
    "bad_number": _("A number is no plain number, has too many digits to be kept, or is below zero where it can't be."),
    "bad_rate": _("A rate is no share from 0 to 1, nor a percentage with its sign."),
    "bad_flag": _("What has to be a yes or a no is neither: write true or false, 1 or 0, yes or no."),
    "text_too_long": _("The name, address, country or city is longer than 255 characters."),
    "birth_out_of_range": _("The date of birth is before 1900 or in the future."),
    "other_upload": _("The last column says that this line belongs to another file."),
    "bad_line_number": _("The number of the line is missing or none."),
    "never_rejected": _("No line of this number was rejected in the first file."),
    "corrected_before": _("This line was corrected before, by another file."),
    "corrected_twice": _("This line stands in the file twice; the first of them counts."),
    "cancelled_sale": _("The file says that the sale was cancelled; it counts nowhere, as you chose."),
    "other_currency": _("The line is in another currency than the figures."),
}
WARNINGS = {
    "exact_duplicates": _("Lines that repeat an earlier line of the file exactly; all were kept."),
    "guest_lines": _("Lines without a customer, kept as guest sales."),
    "returns": _("Returns and cancellations."),
    "early_returns": _("Returns of an item that the same customer buys only later; check their dates."),
    "service_lines": _("Postage, bank charges and other lines that are no merchandise; they count in all totals."),
    "zero_amount": _("Lines with an amount of zero."),
    "negative_price": _("Lines with a negative price (bad debt or correction)."),
    "anonymous_events": _("Events without a visitor; they count for the site, but for no customer."),
    "purchase_events": _("Purchase events with an item and a price; each is also a line of the purchases."),
    "unpriced_purchases": _("Purchase events without an item or a price; no money was counted for them."),
    "undated_visits": _("Visits without a time; they count in totals, but on no day."),
    "repeated_customer": _("Rows about a customer who stands further down again; the last row of each counts."),
    "odd_email": _("E-mail addresses that can't be right: something before or behind the @ is missing."),
    "unknown_consent": _("Customers of whom the file does not say whether they may be written to."),
    "future_date": _("Lines dated after the file was received."),
    "normalised_ids": _("Customer ids written like 17850.0 were read as 17850."),
    "trailing_separators": _("Lines that end in separators beyond the last column; nothing stood behind them."),
    "other_company": _("Lines of other companies, left out as you chose."),
    "unusual_signs": _(
        "Lines with letters from right to left, combining or invisible signs; they came in as they are. "
        "Two ids that look alike may differ in such a sign."
    ),
    "cut_off": _("The last line is cut off; the export may be incomplete."),
}
