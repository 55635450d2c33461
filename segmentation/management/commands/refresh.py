"""`manage.py refresh`: values, segments and tiers of every customer, calculated from the published uploads."""

from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from core.commands import CommandFailure, JsonCommand
from crm.ledger import ENGINES, EngineName, why_unavailable
from segmentation.services import UNITS, request_refresh


class Command(JsonCommand):
    help = "Calculate values, segments and tiers from the published uploads, and show them on every page."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, help="cut-off day, included (default: latest purchase)")
        parser.add_argument("--unit", choices=UNITS, default="day", help="unit of time of the value models")
        parser.add_argument("--holdout-days", type=int, help="days kept back to check the models; 0 for none")
        parser.add_argument(
            "--horizon-days", type=int, help="days to look ahead (default: as chosen in settings, else 365)"
        )
        parser.add_argument("--engine", choices=ENGINES, help="what adds the lines up (default: ANALYTICS_ENGINE)")

    def perform(self, *args: Any, **options: Any) -> dict[str, Any]:
        engine: EngineName | None = options["engine"]
        if engine and (trouble := why_unavailable(engine)):
            # Work that waits for a cluster is tried for minutes; who names the engine wants to know at once.
            raise CommandFailure("engine_unavailable", trouble)
        run = request_refresh(
            by=None,
            as_of=options["as_of"],
            unit=options["unit"],
            holdout_days=options["holdout_days"],
            horizon_days=options["horizon_days"],
            engine=engine,
        )
        if run is None:
            raise CommandFailure("no_purchases", "There are no purchases yet: publish a file of transactions first.")
        result: dict[str, Any] = self.finish(run).result or {}
        return result
