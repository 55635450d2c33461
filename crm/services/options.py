"""The options of a mapping: a closed list, each with its type, so that a job meets nothing that it can't read."""

import codecs
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings

from crm.fields import DATE_FORMATS

# How the file itself is read: a change means to look at it anew.
READING = ("encoding", "delimiter", "header", "sheet")
ENCODINGS = {
    *("utf-8", "utf-16", "iso8859-1", "mac-roman", "koi8-r", "koi8-u", "cp437", "cp850", "cp852", "cp932"),
    *(f"cp{number}" for number in range(1250, 1259)),
    *(f"iso8859-{number}" for number in range(2, 17) if number != 12),
    *("shift_jis", "euc_jp", "gbk", "gb18030", "big5", "euc_kr"),
}
# As the pages call them.
CALLED = {"utf-8-sig": "utf-8", "ascii": "utf-8", "iso8859-1": "latin-1"}
DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " "}

# What a line that a column calls cancelled does: it is subtracted, or counts nowhere.
EFFECTS = ("take_back", "leave_out")


class MappingError(ValueError):
    """A mapping that can't be used; `problems` is a list of {field, sentence}."""

    def __init__(self, problems: list[dict[str, str]]) -> None:
        super().__init__(" ".join(item["sentence"] for item in problems))
        self.problems = problems


def problem(field: str, sentence: str) -> dict[str, str]:
    return {"field": field, "sentence": sentence}


def tidy_options(options: dict[str, Any]) -> dict[str, Any]:
    """Options under their own names and in their usual spelling; None is the same as left out."""
    tidy = {name: value for name, value in options.items() if value is not None}
    # Its older name, and a prefix alone.
    prefix = tidy.pop("cancellation_prefix", None)
    if prefix is not None and "cancellation" not in tidy:
        tidy["cancellation"] = {"prefix": prefix} if prefix else "negative"
    if isinstance(tidy.get("cancellation"), str) and tidy["cancellation"] != "negative":
        tidy["cancellation"] = {"prefix": tidy["cancellation"]}
    if isinstance(tidy.get("encoding"), str):
        tidy["encoding"] = _encoding(tidy["encoding"])
    if isinstance(tidy.get("delimiter"), str):
        tidy["delimiter"] = DELIMITERS.get(tidy["delimiter"], tidy["delimiter"])
    return tidy


def _encoding(name: str) -> str:
    """The usual name of an encoding, or the name as it is where nobody knows it."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        return name
    return CALLED.get(found, found)


def option_problems(options: dict[str, Any], columns: list[str]) -> Iterator[dict[str, str]]:
    """What is wrong with tidy options, as {field, sentence}."""
    for name in options:
        if name not in CHECKS:
            yield problem(name, f"There is no option {name}; there are {', '.join(CHECKS)}.")
    for name, (is_right, sentence) in CHECKS.items():
        if name in options and not is_right(options[name]):
            yield problem(name, sentence % {"currency": settings.REPORTING_CURRENCY})
    for option, name in _named_columns(options):
        if name not in columns:
            yield problem(option, f"The file has no column “{name}”; it has {', '.join(columns)}.")


def _named_columns(options: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The columns of the file that options speak of."""
    attributes, cancellation = options.get("attributes", []), options.get("cancellation")
    for name in attributes if _is_names(attributes) else ():
        yield "attributes", name
    if isinstance(cancellation, dict) and isinstance(cancellation.get("column"), str):
        yield "cancellation", cancellation["column"]


def _is_encoding(value: Any) -> bool:
    return isinstance(value, str) and (value == "latin-1" or value in ENCODINGS)


def _is_delimiter(value: Any) -> bool:
    if not isinstance(value, str) or len(value) != 1:
        return False
    return value in "\t " or (value.isascii() and value.isprintable() and not value.isalnum() and value not in "\"'\\")


def _is_cancellation(value: Any) -> bool:
    if value == "negative":
        return True
    if not isinstance(value, dict):
        return False
    if set(value) == {"prefix"}:
        prefix = value["prefix"]
        return isinstance(prefix, str) and 0 < len(prefix) <= 5 and prefix.isprintable()
    if set(value) - {"effect"} != {"column", "values"} or value.get("effect", "take_back") not in EFFECTS:
        return False
    return isinstance(value["column"], str) and _is_names(value["values"]) and bool(value["values"])


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value) and len(set(value)) == len(value)


def _one_of(*values: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in values


CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "encoding": (_is_encoding, "This encoding is not known; write one like utf-8, cp1252, latin-1 or utf-16."),
    "delimiter": (_is_delimiter, "The delimiter is one sign such as a comma, a semicolon or a tab."),
    "sheet": (_is_text, "The sheet is the name of one sheet of the workbook."),
    "header": (lambda value: isinstance(value, bool), "header is true or false: whether the first line names columns."),
    "date_format": (
        _one_of(*DATE_FORMATS),
        f"Choose how the dates are written: {', '.join(DATE_FORMATS)}.",
    ),
    "decimal": (_one_of(".", ","), "The decimal sign is a point or a comma."),
    "guests": (
        _one_of("guest", "customer_per_order"),
        "Lines without a customer are guest sales (guest), or each guest order is its own customer "
        "(customer_per_order).",
    ),
    "time_zone": (
        lambda value: isinstance(value, str) and value in available_timezones(),
        "This time zone is not known; write one like Europe/London.",
    ),
    "currency": (
        lambda value: bool(value == settings.REPORTING_CURRENCY),
        "All figures are in %(currency)s; a file in another currency can't be added to them.",
    ),
    "cancellation": (
        _is_cancellation,
        'Cancellations are told by a prefix of the order number, such as {"prefix": "C"} (at most five characters), '
        'by a column with some values, such as {"column": "Status", "values": ["cancelled"], "effect": "leave_out"} '
        '(leave_out: the line counts nowhere; take_back: it is subtracted), or by a "negative" quantity or amount.',
    ),
    "purchases": (
        _one_of("count", "ignore"),
        "Purchases among events are purchases too (count), or events alone because another file brings them (ignore).",
    ),
    "non_merchandise": (_is_names, "non_merchandise is a list of item codes, each once."),
    "company": (
        lambda value: _is_text(value) or (_is_names(value) and bool(value)),
        "company is the name of the company to keep, or a list of such names.",
    ),
    "customer_ids": (
        _one_of("as_written", "alike"),
        "Customer ids are kept as_written, or those that differ in case, leading zeros or .0 at the end are alike.",
    ),
    "attributes": (_is_names, "attributes is a list of columns of the file, each once."),
}
