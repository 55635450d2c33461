"""The proposal itself: what we think a table is, and what somebody has to say."""

from dataclasses import dataclass, field
from typing import Any

from crm.intake.dialect import Dialect

# From here on nobody has to be asked.
CERTAIN = 0.9


@dataclass
class Proposal:
    """What we think the table is; `uncertain` lists fields and options that somebody has to decide."""

    format: str = ""
    kind: str = "transactions"
    kind_reason: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    confidence: dict[str, float] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    uncertain: list[dict[str, str]] = field(default_factory=list)
    # Worth saying, without stopping anybody: [{code, sentence}].
    notices: list[dict[str, str]] = field(default_factory=list)
    # Values to choose from: item codes that are no goods, signs of a cancellation, companies, spellings of ids.
    choices: dict[str, Any] = field(default_factory=dict)

    def ask(self, name: str, sentence: str) -> None:
        self.uncertain.append({"field": name, "question": sentence})

    def note(self, code: str, sentence: str) -> None:
        self.notices.append({"code": code, "sentence": sentence})

    def is_asked(self, name: str) -> bool:
        return any(item["field"] == name for item in self.uncertain)

    def take(self, name: str, column: str, confidence: float, reason: str) -> None:
        self.columns[name], self.confidence[name], self.reasons[name] = column, round(confidence, 2), reason


def position_of(dialect: Dialect, column: str) -> str:
    """The column of `raw` that holds a column of the file."""
    return f"c{dialect.header.index(column)}"
