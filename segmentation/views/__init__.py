"""Pages of segments and models."""

from segmentation.views.lab import (
    choice_built_in,
    choice_use,
    combination_use,
    comparison_detail,
    comparison_points,
    lab_home,
    segment_points,
)
from segmentation.views.models import model_list
from segmentation.views.segments import segment_detail, segment_list
from segmentation.views.valuation import valuation
from segmentation.views.versions import (
    publishing_change,
    snapshot_decline,
    snapshot_detail,
    snapshot_pin,
    snapshot_promote,
    snapshot_roll_back,
    snapshot_unpin,
)

__all__ = [
    "choice_built_in",
    "choice_use",
    "combination_use",
    "comparison_detail",
    "comparison_points",
    "lab_home",
    "model_list",
    "publishing_change",
    "segment_detail",
    "segment_list",
    "segment_points",
    "snapshot_decline",
    "snapshot_detail",
    "snapshot_pin",
    "snapshot_promote",
    "snapshot_roll_back",
    "snapshot_unpin",
    "valuation",
]
