"""Segments and snapshots for scripts, read-only; every answer names the snapshot that it speaks of."""

from django.db.models import QuerySet
from rest_framework import generics, serializers

from core.pagination import KeyPagination
from core.permissions import ApiPermission
from segmentation import selectors
from segmentation.models import SegmentSummary, Snapshot


class SegmentSerializer(serializers.ModelSerializer[SegmentSummary]):
    id = serializers.IntegerField(source="segment_id", read_only=True, help_text="Survives refits.")
    snapshot = serializers.IntegerField(source="snapshot_id", read_only=True)
    share = serializers.FloatField(read_only=True, help_text="Net revenue of the segment by that of all lines.")
    profile = serializers.DictField(
        child=serializers.FloatField(allow_null=True), read_only=True, help_text="Medians of its customers' figures."
    )

    class Meta:
        model = SegmentSummary
        fields = ["id", "snapshot", "name", "size", "revenue", "share", "profile"]
        read_only_fields = fields


class SnapshotSerializer(serializers.ModelSerializer[Snapshot]):
    is_current = serializers.SerializerMethodField(help_text="Whether pages speak of it now.")

    class Meta:
        model = Snapshot
        fields = [
            *("id", "is_current", "as_of", "unit", "holdout_days", "horizon_days"),
            *("published_at", "customers", "seconds", "fingerprint", "content_hash"),
        ]
        read_only_fields = fields

    def get_is_current(self, snapshot: Snapshot) -> bool:
        return bool(snapshot.pk == self.context.get("current"))


class SnapshotDetailSerializer(SnapshotSerializer):
    models = serializers.DictField(source="fits", read_only=True, help_text="Value models as `refresh` prints them.")
    totals = serializers.DictField(read_only=True, help_text="Money and counts of the ledger up to as_of.")
    holdout = serializers.DictField(read_only=True, allow_null=True)
    segments = serializers.ListField(child=serializers.DictField(), read_only=True)
    tiers = serializers.ListField(child=serializers.DictField(), read_only=True)
    rfm_groups = serializers.ListField(child=serializers.DictField(), read_only=True)
    quality = serializers.DictField(read_only=True)

    class Meta(SnapshotSerializer.Meta):
        fields = [
            *SnapshotSerializer.Meta.fields,
            *("totals", "models", "holdout", "holdout_reason", "segments", "tiers", "rfm_groups", "quality"),
        ]
        read_only_fields = fields


class SegmentPagination(KeyPagination):
    ordering = "pk"


class SegmentList(generics.ListAPIView[SegmentSummary]):
    """The segments of the current snapshot, the most valuable first."""

    permission_classes = [ApiPermission]
    serializer_class = SegmentSerializer
    pagination_class = SegmentPagination

    def get_queryset(self) -> QuerySet[SegmentSummary]:
        snapshot = selectors.current_snapshot()
        return SegmentSummary.objects.filter(snapshot=snapshot) if snapshot else SegmentSummary.objects.none()


class SnapshotView(generics.GenericAPIView[Snapshot]):
    permission_classes = [ApiPermission]

    def get_queryset(self) -> QuerySet[Snapshot]:
        return selectors.published_snapshots()

    def get_serializer_context(self) -> dict[str, object]:
        current = selectors.current_snapshot()
        return {**super().get_serializer_context(), "current": current and current.pk}


class SnapshotList(SnapshotView, generics.ListAPIView[Snapshot]):
    """Every published snapshot, newest first."""

    serializer_class = SnapshotSerializer
    pagination_class = KeyPagination


class SnapshotDetail(SnapshotView, generics.RetrieveAPIView[Snapshot]):
    """One snapshot with its models, their check on the past, and its groups."""

    serializer_class = SnapshotDetailSerializer
