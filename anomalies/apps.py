from importlib.util import find_spec

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
            request="anomalies.services.request_scan_after",
            # Nothing is asked of a scan before there is a service that can ask for one.
            after=("segmentation.refresh",) if find_spec("anomalies.services") else (),
        )
