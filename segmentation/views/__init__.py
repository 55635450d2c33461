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

__all__ = [
    "choice_built_in",
    "choice_use",
    "combination_use",
    "comparison_detail",
    "comparison_points",
    "lab_home",
    "model_list",
    "segment_detail",
    "segment_list",
    "segment_points",
]
