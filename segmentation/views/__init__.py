"""Pages of segments and models."""

from segmentation.views.models import model_list
from segmentation.views.segments import segment_detail, segment_list

__all__ = ["model_list", "segment_detail", "segment_list"]
