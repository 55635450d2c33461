"""What the page of one experiment shows of its readings: tables, charts, draws."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from core.ui import Column
from loyalty import populations
from loyalty.experiment_charts import arm_rows, effect_rows, four_rows, history_chart, imported_rows
from loyalty.experiment_words import naive_sentence
from loyalty.models import Experiment
from loyalty.selectors.experiments import arm_counts, counting_draws, history, reads_out_on
from segmentation.selectors import current_snapshot

ARM_COLUMNS = (
    Column(gettext_lazy("Group")),
    Column(gettext_lazy("People"), is_numeric=True),
    Column(gettext_lazy("Bought since"), is_numeric=True),
    Column(gettext_lazy("Revenue per person"), is_numeric=True),
    Column(gettext_lazy("Orders per person"), is_numeric=True),
)
EFFECT_COLUMNS = (
    Column(gettext_lazy("Outcome")),
    Column(gettext_lazy("Effect"), is_numeric=True),
    Column(gettext_lazy("95 % interval, at any time"), is_numeric=True),
    Column(gettext_lazy("If looked at once only"), is_numeric=True),
    Column(gettext_lazy("Once, and not adjusted"), is_numeric=True),
    Column(gettext_lazy("p, at any time"), is_numeric=True),
)
FOUR_COLUMNS = (
    Column(gettext_lazy("Value when drawn")),
    Column(gettext_lazy("Treated"), is_numeric=True),
    Column(gettext_lazy("Not treated"), is_numeric=True),
    Column(gettext_lazy("Effect (95 % interval, if looked at once only)"), is_numeric=True),
)
DRAW_COLUMNS = (
    Column(gettext_lazy("Drawn on results of")),
    Column(gettext_lazy("People"), is_numeric=True),
    Column(gettext_lazy("Control"), is_numeric=True),
    Column(gettext_lazy("Strata"), is_numeric=True),
    Column(gettext_lazy("Seed")),
)
IMPORTED_COLUMNS = (
    Column(gettext_lazy("Outcome")),
    Column(gettext_lazy("Group")),
    Column(gettext_lazy("Control"), is_numeric=True),
    Column(gettext_lazy("Treated"), is_numeric=True),
    Column(gettext_lazy("Difference"), is_numeric=True),
    Column(gettext_lazy("95 % interval"), is_numeric=True),
    Column(gettext_lazy("p"), is_numeric=True),
    Column(gettext_lazy("p for several outcomes"), is_numeric=True, hint=gettext_lazy("Holm's correction")),
)


def own_cards(experiment: Experiment, content: dict[str, Any]) -> dict[str, Any]:
    """What a page of a test on our own ledger shows."""
    counts = arm_counts(experiment)
    return {
        "counts": counts,
        "read_out_on": reads_out_on(experiment),
        "population": populations.describe(experiment.programme, experiment.population, current_snapshot()),
        "draws": counting_draws(experiment),
        "draw_columns": DRAW_COLUMNS,
        "chart": history_chart(history(experiment)),
        "arms": _labelled(ARM_COLUMNS, arm_rows(content)) if content else [],
        "arm_columns": ARM_COLUMNS,
        "effects": _labelled(EFFECT_COLUMNS, effect_rows(content)) if content else [],
        "effect_columns": EFFECT_COLUMNS,
        "four": _labelled(FOUR_COLUMNS, four_rows(content["four_groups"])) if content.get("four_groups") else [],
        "four_columns": FOUR_COLUMNS,
        "naive": naive_sentence(content["naive"]) if content.get("naive") else "",
    }


def imported_cards(content: dict[str, Any]) -> dict[str, Any]:
    return {
        "imported": _labelled(IMPORTED_COLUMNS, imported_rows(content)) if content else [],
        "imported_columns": IMPORTED_COLUMNS,
    }


def _labelled(columns: Sequence[Column], rows: list[list[str]]) -> list[list[tuple[Any, str]]]:
    """Each cell with its column's heading, which stands beside it where the page is narrow."""
    return [list(zip([column.label for column in columns], row, strict=True)) for row in rows]
