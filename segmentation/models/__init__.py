from segmentation.models.groups import MOST_SET_ASIDE, GroupSettings
from segmentation.models.lab import Comparison, Embedding, SegmentationChoice
from segmentation.models.score import SCORE_TABLES, Score, ScoreA, ScoreB
from segmentation.models.snapshot import ModelArtifact, Segment, SegmentSummary, Snapshot, SnapshotPointer
from segmentation.models.valuation import ValuationChoice

__all__ = [
    "MOST_SET_ASIDE",
    "SCORE_TABLES",
    "Comparison",
    "Embedding",
    "GroupSettings",
    "ModelArtifact",
    "Score",
    "ScoreA",
    "ScoreB",
    "Segment",
    "SegmentSummary",
    "SegmentationChoice",
    "Snapshot",
    "SnapshotPointer",
    "ValuationChoice",
]
