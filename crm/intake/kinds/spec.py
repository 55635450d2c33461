"""What a kind of table is to the intake: how its rows are typed, judged, and where they go."""

from collections.abc import Callable
from dataclasses import dataclass, field

from crm.intake.columns import Columns
from crm.ledger.relations import Relation

# Rows of a company that nobody asked for: neither accepted nor rejected, and not among the file's lines.
LEFT_OUT = "other_company"


@dataclass(frozen=True)
class Destination:
    """Ledger rows that accepted rows make. Columns without an expression are those of `cleaned`, or empty."""

    relation: Relation
    kind: str
    expressions: dict[str, str]
    where: str = "true"


@dataclass(frozen=True)
class Spec:
    """SQL by name. `typed` reads the text's columns, each step of `derived` what came before it."""

    typed: dict[str, str]
    reasons: list[tuple[str, str]]
    destinations: tuple[Destination, ...]
    derived: tuple[dict[str, str], ...] = ()
    # Columns that the steps need and nothing behind them does.
    dropped: tuple[str, ...] = ()
    # Code of a warning -> condition over `cleaned`.
    warnings: dict[str, str] = field(default_factory=dict)
    # Code of a warning that one row alone does not show -> query that counts its lines.
    counted: dict[str, str] = field(default_factory=dict)
    moment: str = ""
    # Who a row without a customer belongs to, over `cleaned`; such rows are guests where it is NULL.
    guest: str = "NULL::VARCHAR"


@dataclass(frozen=True)
class Shop:
    """What the installation says: the clock and the currency of its figures."""

    zone: str
    currency: str


MakeSpec = Callable[[Columns, Shop], Spec]
