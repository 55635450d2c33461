"""The SQL of each field of a mapping, read from its column of the text."""

from dataclasses import dataclass, field
from typing import Any

from crm.fields import DATE_FORMATS
from crm.intake.dialect import Dialect
from crm.intake.facts import TextFacts
from crm.intake.values import alike_sql, local_time_sql, number_sql, text_sql, utc_sql
from crm.ledger.reading import quoted


@dataclass(frozen=True)
class Columns:
    """A table's columns under a mapping; a field that is not mapped reads as NULL."""

    dialect: Dialect
    mapping: dict[str, str]
    options: dict[str, Any]
    shop_zone: str
    facts: TextFacts = field(default_factory=TextFacts)

    def has(self, name: str) -> bool:
        return name in self.mapping

    def source(self, name: str) -> str:
        return self.position(self.mapping[name])

    def position(self, column: str) -> str:
        return f"c{self.dialect.header.index(column)}"

    def text(self, name: str) -> str:
        return text_sql(self.source(name), self.facts) if self.has(name) else "NULL::VARCHAR"

    def person(self, name: str) -> str:
        """A customer's id as the file writes it, or in one spelling for all of it where a person said they are one."""
        return alike_sql(self.text(name)) if self.options.get("customer_ids") == "alike" else self.text(name)

    def number(self, name: str, currency: str = "") -> str:
        decimal = str(self.options.get("decimal", "."))
        return number_sql(self.source(name), decimal, currency) if self.has(name) else "NULL::DECIMAL(18,6)"

    def moment(self, name: str) -> str:
        """In UTC."""
        return utc_sql(self.source(name), self.date_format, self.zone) if self.has(name) else "NULL::TIMESTAMP"

    def day(self, name: str, moment: str) -> str:
        """The shop's local day; as the file writes it where the file's clock is the shop's. `moment` is in UTC."""
        if self.shop_zone == "UTC":
            return f"CAST({moment} AS DATE)"
        converted = f"CAST(timezone({quoted(self.shop_zone)}, timezone('UTC', {moment})) AS DATE)"
        if not self.has(name) or self.zone != self.shop_zone:
            return converted
        written = local_time_sql(self.source(name), self.date_format)
        return f"coalesce(CAST({written} AS DATE), {converted})"

    def attributes(self) -> str:
        """Columns that a person chose to keep beside the row, as one JSON text."""
        kept = [name for name in self.options.get("attributes") or [] if name in self.dialect.header]
        if not kept:
            return "NULL::VARCHAR"
        pairs = ", ".join(f"{quoted(name)}, {text_sql(self.position(name), self.facts)}" for name in kept)
        return f"json_object({pairs})::VARCHAR"

    @property
    def zone(self) -> str:
        return str(self.options.get("time_zone") or self.shop_zone)

    @property
    def date_format(self) -> str:
        # A column without any value says nothing about how dates are written, and nothing is read by it.
        return str(self.options.get("date_format") or DATE_FORMATS[0])
