"""Text to flags, counts, measures and rates, as SQL expressions. What does not fit becomes NULL; nothing is rounded."""

from crm.intake.values import text_sql
from crm.ledger.relations import MEASURE

DIGITS = 18

# What exports write for yes and no: programs, spreadsheets in several languages, and mailing tools.
YES = (
    *("true", "t", "1", "1.0", "yes", "y", "on", "ja", "j", "wahr", "oui", "o", "vrai", "si", "sí", "sì", "sim"),
    *("verdadero", "vero", "verdadeiro", "tak", "subscribed", "granted", "opt-in", "opted in", "opted-in"),
)
NO = (
    *("false", "f", "0", "0.0", "no", "n", "off", "nein", "falsch", "non", "faux", "não", "nao", "nee", "nie"),
    *("falso", "unsubscribed", "denied", "opt-out", "opted out", "opted-out"),
)


def flag_sql(column: str) -> str:
    """A BOOLEAN, or NULL where the text is neither a yes nor a no that we know."""
    field = f"lower({text_sql(column)})"
    return f"CASE WHEN {field} IN {_listed(YES)} THEN true WHEN {field} IN {_listed(NO)} THEN false END"


def _listed(words: tuple[str, ...]) -> str:
    return "('" + "', '".join(words) + "')"


def count_sql(column: str, decimal: str) -> str:
    """A BIGINT of 0 or more; 3.0 is 3, as spreadsheets and pandas write it, but 3.5 is no count."""
    whole = measure_sql(column, decimal)
    return f"CASE WHEN ({whole}) >= 0 AND ({whole}) = trunc({whole}) THEN TRY_CAST({whole} AS BIGINT) END"


def measure_sql(column: str, decimal: str) -> str:
    """An exact DECIMAL(38,18); also in the notation of 9.83E-05, as spreadsheets write small numbers."""
    return _measure_sql(text_sql(column), decimal)


def rate_sql(column: str, decimal: str) -> str:
    """A measure from 0 to 1, also as a percentage with its sign: 45.2 % is 0.452."""
    as_power = f"regexp_replace({text_sql(column)}, ' ?%$', 'E-2')"
    rate = _measure_sql(as_power, decimal)
    return f"CASE WHEN ({rate}) BETWEEN 0 AND 1 THEN {rate} END"


def _measure_sql(text: str, decimal: str) -> str:
    group, point = (r"\.", ",") if decimal == "," else (",", r"\.")
    grammar = rf"[+-]?((\d+|\d{{1,3}}({group}\d{{3}})+)({point}\d*)?|{point}\d+)([eE][+-]?\d{{1,3}})?"
    plain = f"replace({text}, '{'.' if decimal == ',' else ','}', '')"
    if decimal == ",":
        plain = f"replace({plain}, ',', '.')"
    is_exact = f"regexp_full_match({text}, '{grammar}') AND {_digits(plain)} <= {DIGITS}"
    return f"CASE WHEN {is_exact} THEN TRY_CAST({plain} AS {MEASURE}) END"


def _digits(plain: str) -> str:
    """How many digits stand behind the point when the number is written out."""
    fraction = f"length(rtrim(regexp_extract({plain}, '[.]([0-9]*)', 1), '0'))"
    exponent = f"coalesce(TRY_CAST(nullif(regexp_extract({plain}, '[eE]([+-]?[0-9]+)', 1), '') AS INTEGER), 0)"
    return f"{fraction} - {exponent}"
