"""`manage.py scan`: look for what is odd in the current results, and fill the queue."""

from typing import Any

from anomalies.selectors import scan_result_of
from anomalies.services import request_scan
from core.commands import CommandFailure, JsonCommand


class Command(JsonCommand):
    help = "Look for odd customers and days in the current results, and fill the anomaly queue."

    def perform(self, *args: Any, **options: Any) -> dict[str, Any]:
        run = request_scan(by=None)
        if run is None:
            raise CommandFailure(
                "no_results", "There are no results yet: publish a file, then run `manage.py refresh`."
            )
        return scan_result_of(self.finish(run))
