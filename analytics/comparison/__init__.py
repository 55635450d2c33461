"""Ways of forming segments, each tried on the same customers and looked at from every side."""

from analytics.comparison.picture import by_value, continuations, drawn, nested_rows, typical_rows
from analytics.comparison.trying import Combination, Compared, compare, most_rows, step_count, yardstick

__all__ = [
    "Combination",
    "Compared",
    "by_value",
    "compare",
    "continuations",
    "drawn",
    "most_rows",
    "nested_rows",
    "step_count",
    "typical_rows",
    "yardstick",
]
