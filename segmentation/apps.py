from django.apps import AppConfig


class SegmentationConfig(AppConfig):
    name = "segmentation"
    verbose_name = "Scores and segments"

    def ready(self) -> None:
        from core.kinds import register
        from crm.stored_files import CLAIM_SOURCES

        CLAIM_SOURCES.append("segmentation.store.claims")
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
