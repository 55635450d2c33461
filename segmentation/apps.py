from django.apps import AppConfig


class SegmentationConfig(AppConfig):
    name = "segmentation"
    verbose_name = "Scores and segments"

    def ready(self) -> None:
        from core.kinds import register
        from crm.stored_files import CLAIM_SOURCES

        CLAIM_SOURCES.extend(("segmentation.store.claims", "segmentation.lab_store.claims"))
        register(
            "segmentation.refresh",
            job="segmentation.jobs.refresh.refresh",
            label="Computing values and segments",
            capability="snapshots.refresh",
            request="segmentation.services.request_refresh_after",
            after=("crm.ingest", "crm.complete", "crm.undo", "crm.redo"),
        )
        register(
            "segmentation.promote",
            job="segmentation.jobs.promotion.promote",
            label="Showing other results",
            capability="snapshots.promote",
        )
        register(
            "segmentation.compare",
            job="segmentation.jobs.compare.compare",
            label="Comparing ways to form segments",
            capability="segments.choose",
            wall_seconds=3600,
        )
        register(
            "segmentation.embed",
            job="segmentation.jobs.embed.embed",
            label="Drawing the customers as a map",
            capability="snapshots.refresh",
            request="segmentation.services.maps.request_maps_after",
            wall_seconds=7200,
            after=("segmentation.refresh", "segmentation.promote"),
        )
