"""What the pages of models say of versions: quality over time, drift of inputs, and what a change does to people."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from analytics import drift
from core.charts import Chart, Series
from core.formatting import money_text, number_text, share_text
from core.ui import Definition
from segmentation.comparing import Drift, Effect, Mover
from segmentation.models import Snapshot, SnapshotPointer
from segmentation.wording import MODEL_NAMES, TIER_WORDS, Text

NAIVE = "naive"
BAND_WORDS: dict[str, tuple[Text, str]] = {
    drift.STEADY_BAND: (gettext_lazy("steady"), "good"),
    drift.SHIFTING_BAND: (gettext_lazy("shifting"), "warning"),
    drift.CHANGED_BAND: (gettext_lazy("changed"), "bad"),
}
INPUT_NAMES: dict[str, Text] = {
    "days_since_last_purchase": gettext_lazy("Days since the latest purchase"),
    "order_count": gettext_lazy("Orders"),
    "revenue": gettext_lazy("Revenue since the first purchase"),
    "average_order_value": gettext_lazy("Average order value"),
    "frequency": gettext_lazy("Repeat purchase days"),
    "recency": gettext_lazy("Days from first to last purchase"),
    "T": gettext_lazy("Days since the first purchase"),
    "monetary_value": gettext_lazy("Spend per repeat purchase day"),
    "distinct_items": gettext_lazy("Different items"),
    "return_rate": gettext_lazy("Share of purchases returned"),
    "country": gettext_lazy("Country"),
}


def version_name(snapshot: Snapshot) -> str:
    """Short enough for an axis, and never the same for two."""
    return f"{date_format(snapshot.as_of, 'j M Y')} ({snapshot.pk})"


def model_name(name: str) -> str:
    return str(MODEL_NAMES.get(name, name))


@dataclass(frozen=True)
class Judged:
    """How well one version did on days that it had not seen, and how well its segments hold."""

    total_error: float | None  # (expected - made) / made
    mae_ratio: float | None  # mean error per customer by that of the simple rate
    silhouette: float | None
    stability: float | None


def judged(snapshot: Snapshot) -> Judged:
    holdout, champion = snapshot.holdout or {}, snapshot.fits.get("champion", "")
    own, naive = holdout.get(champion), holdout.get(NAIVE)
    return Judged(
        total_error=_ratio(own and own["total"] - own["actual_total"], own and own["actual_total"]),
        mae_ratio=_ratio(own and own["mae"], naive and naive["mae"]),
        silhouette=snapshot.quality.get("silhouette"),
        stability=snapshot.quality.get("stability_ari"),
    )


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def quality_charts(history: Sequence[Snapshot]) -> list[Chart]:
    """Over the versions, oldest first; none while there is nothing to compare."""
    if len(history) < 2:
        return []
    found = [judged(snapshot) for snapshot in history]
    names = [version_name(snapshot) for snapshot in history]
    charts = [_holdout_history(names, found), _segment_history(names, found)]
    return [chart for chart in charts if any(value is not None for one in chart.series for value in one.values)]


def _holdout_history(names: list[str], found: list[Judged]) -> Chart:
    return Chart(
        key="quality-holdout",
        title=_("Errors on days kept back"),
        kind="line",
        x=names,
        x_label=_("Results"),
        unit="%",
        is_share=True,
        summary=_("The total is best near 0 %; the error per customer is best far below 100 %, the simple rate's."),
        series=[
            Series(_("Total, too many or too few"), [each.total_error for each in found]),
            Series(_("Error per customer, by the simple rate's"), [each.mae_ratio for each in found]),
        ],
    )


def _segment_history(names: list[str], found: list[Judged]) -> Chart:
    return Chart(
        key="quality-segments",
        title=_("How well segments hold"),
        kind="line",
        x=names,
        x_label=_("Results"),
        unit=_("at most 1"),
        digits=2,
        summary=_("Stability is best near 1: then the same customers come together on every part of the base."),
        series=[
            Series(_("Stability"), [each.stability for each in found]),
            Series(_("Silhouette"), [each.silhouette for each in found], is_dashed=True),
        ],
    )


@dataclass(frozen=True)
class DriftRow:
    label: Text
    index: float
    limit: float
    word: Text
    tone: str


def drift_rows(found: Sequence[Drift]) -> list[DriftRow]:
    return [DriftRow(INPUT_NAMES[each.feature], each.index, each.limit, *BAND_WORDS[each.band]) for each in found]


def drift_sentence(found: Sequence[Drift]) -> str:
    """The drift in one sentence, the worst inputs by name."""
    changed = [each for each in found if each.band == drift.CHANGED_BAND]
    shifting = [each for each in found if each.band == drift.SHIFTING_BAND]
    worst = changed or shifting
    if not worst:
        return _("The customers that the models see are as they were: no input has drifted.")
    names = ", ".join(str(INPUT_NAMES[each.feature]).lower() for each in worst[:3])
    if changed:
        return _("These inputs have changed: %(names)s. Read the check on the past before you rely on values.") % {
            "names": names
        }
    return _("These inputs are shifting: %(names)s. Nothing to do yet; look again after the next results.") % {
        "names": names
    }


def effect_figures(found: Effect) -> list[Definition]:
    """What changes for people, with the share of the customers who are in both."""
    return [
        Definition(_("Move to another tier"), _counted(found.tier_moved, found), _("Platinum, gold, silver")),
        Definition(_("Move to another segment"), _counted(found.segment_moved, found)),
        Definition(_("Move to another RFM group"), _counted(found.rfm_moved, found)),
        Definition(
            _("Value changes by more than 25 %"),
            _counted(found.value_moved, found),
            _("Expected value over 12 months, up or down"),
        ),
        Definition(_("Customers for the first time"), number_text(found.new)),
        Definition(_("No longer customers"), number_text(found.gone), _("Known to the one, not to the other")),
        Definition(
            _("Expected value of everybody"),
            f"{_money(found.value_before)} → {_money(found.value_after)}",
            _("Over 12 months"),
        ),
    ]


def effect_sentence(found: Effect) -> str:
    if not found.customers:
        return _("No customer is in both results.")
    if not (found.tier_moved or found.segment_moved or found.rfm_moved or found.value_moved):
        return _("Nobody would change tier, segment or RFM group, and no value by more than 25 %.")
    return _("Of %(all)s customers in both, %(tier)s would change tier, and %(value)s values by more than 25 %%.") % {
        "all": number_text(found.customers),
        "tier": number_text(found.tier_moved),
        "value": number_text(found.value_moved),
    }


def _counted(count: int, found: Effect) -> str:
    if not found.customers:
        return number_text(count)
    return f"{number_text(count)} ({share_text(count / found.customers)})"


def _money(value: float) -> str:
    return money_text(value, settings.REPORTING_CURRENCY)


@dataclass(frozen=True)
class MoverRow:
    """A customer by the id that the shop knows, with value and tier before and after."""

    customer_id: str
    before: float
    after: float
    tiers: str


def mover_rows(movers: Sequence[Mover], names: dict[int, str]) -> list[MoverRow]:
    return [
        MoverRow(names[each.customer_key], each.value_before, each.value_after, _tiers(each))
        for each in movers
        if each.customer_key in names
    ]


def _tiers(mover: Mover) -> str:
    before, after = (str(TIER_WORDS[name].label) for name in (mover.tier_before, mover.tier_after))
    return before if before == after else f"{before} → {after}"


def policy_sentence(pointer: SnapshotPointer, today: date) -> str:
    """Whether the next results will be shown by themselves, in words."""
    if pointer.is_pinned(today):
        if pointer.pinned_until is None:
            return _("These results are pinned: newer ones are computed and wait until somebody releases the pin.")
        return _("These results are pinned until %(day)s: newer ones are computed and wait until then.") % {
            "day": date_format(pointer.pinned_until, "j F Y")
        }
    if pointer.asks_first:
        return _("New results wait until somebody promotes them.")
    return _("New results are shown by themselves as soon as they are complete.")


def waiting_sentence(pointer: SnapshotPointer, today: date) -> str:
    """Why results that somebody just asked for will not be shown by themselves; "" when they will."""
    return policy_sentence(pointer, today) if pointer.is_holding(today) else ""


def provenance(snapshot: Snapshot) -> list[Definition]:
    """What determined these results, so that they can be told apart and had again."""
    made = snapshot.provenance
    rows = [
        Definition(_("Content"), snapshot.content_hash, _("Equal wherever the same lines were computed alike")),
        Definition(_("Input"), snapshot.fingerprint, _("Equal wherever lines, settings, code and seeds were the same")),
    ]
    if made:
        rows += [
            Definition(_("Files"), number_text(made["files"]), made["data"]),
            Definition(_("Calculation"), made["calculation"], _libraries(made["libraries"])),
            Definition(_("Seeds"), _seeds(made), _("What chance begins with, so that it repeats itself")),
        ]
    return rows


def _seeds(made: dict[str, Any]) -> str:
    """Earlier results name one seed alone."""
    return ", ".join(map(str, sorted(made["seeds"].values()))) if "seeds" in made else str(made["seed"])


def _libraries(versions: dict[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
