"""Customer segments: fitted, chosen, described, and matched to the segments of the last snapshot."""

from analytics.segments.choosing import Candidate
from analytics.segments.fitting import SegmentFit, SegmentQuality, fit_segments
from analytics.segments.identity import Continuation, match_members, match_segments, trace_identity
from analytics.segments.profiles import profile_segments
from analytics.segments.recipe import DEFAULT_RECIPE, SEGMENT_FEATURES, Recipe

__all__ = [
    "DEFAULT_RECIPE",
    "SEGMENT_FEATURES",
    "Candidate",
    "Continuation",
    "Recipe",
    "SegmentFit",
    "SegmentQuality",
    "fit_segments",
    "match_members",
    "match_segments",
    "profile_segments",
    "trace_identity",
]
