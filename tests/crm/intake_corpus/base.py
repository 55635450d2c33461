"""What every part of the corpus is made of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

HEADER = "order_id,ordered_at,customer_id,item_id,quantity,unit_price"
ROW = "A{n},2025-03-{d:02d} 10:00:00,c{n},cup,2,4.50"


def row(n: int) -> str:
    return ROW.format(n=n, d=1 + n % 27)


ROWS = [row(n) for n in range(1, 7)]


def table(*rows: str, header: str = HEADER, newline: str = "\n") -> str:
    return newline.join([header, *rows]) + newline


def with_row(text: str) -> str:
    """A table of six ordinary lines and the given one."""
    return table(*ROWS, text)


def with_id(name: str) -> str:
    return with_row(f"B1,2025-03-01 10:00:00,{name},cup,2,4.50")


def with_price(text: str) -> str:
    return with_row(f'B1,2025-03-01 10:00:00,ann,cup,1,"{text}"')


@dataclass(frozen=True)
class Case:
    name: str
    data: str | bytes | Callable[[], bytes]
    verdict: str
    code: str = ""  # of the refusal, the rejection, the warning; the field that is asked about
    also: str = ""  # a warning beside the verdict
    lines: int = 7
    rejected: int = 0
    values: dict[str, Any] = field(default_factory=dict)  # of the last accepted line
    options: dict[str, Any] = field(default_factory=dict)  # what a person declares

    @property
    def bytes(self) -> bytes:
        if callable(self.data):
            return self.data()
        return self.data.encode() if isinstance(self.data, str) else self.data


PLAIN = table(*ROWS)
