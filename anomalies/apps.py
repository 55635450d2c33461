from django.apps import AppConfig


class AnomaliesConfig(AppConfig):
    name = "anomalies"
    verbose_name = "Anomalies"

    def ready(self) -> None:
        from core.kinds import register

        register(
            "anomalies.scan",
            job="anomalies.jobs.scan.scan",
            label="Looking for anomalies",
            capability="anomalies.scan",
            request="anomalies.services.request_scan_after",
            after=("segmentation.refresh", "segmentation.promote"),
        )
