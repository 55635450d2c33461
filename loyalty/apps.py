from importlib.util import find_spec

from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    verbose_name = "The Insiders programme"

    def ready(self) -> None:
        from core.kinds import register

        register(
            "loyalty.review",
            job="loyalty.jobs.review.review",
            label="Reviewing the programme",
            request="loyalty.services.request_review_after",
            # Nothing is asked of a review before there is a service that can ask for one.
            after=("anomalies.scan",) if find_spec("loyalty.services") else (),
        )
        register(
            "loyalty.report",
            job="loyalty.jobs.report.report",
            label="Answering the nine questions",
            request="loyalty.services.request_report_after",
            after=("loyalty.review",),
        )
