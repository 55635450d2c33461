from segmentation.models.score import SCORE_TABLES, Score, ScoreA, ScoreB
from segmentation.models.snapshot import ModelArtifact, Segment, SegmentSummary, Snapshot, SnapshotPointer

__all__ = [
    "SCORE_TABLES",
    "ModelArtifact",
    "Score",
    "ScoreA",
    "ScoreB",
    "Segment",
    "SegmentSummary",
    "Snapshot",
    "SnapshotPointer",
]
