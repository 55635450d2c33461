from django.apps import AppConfig


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    verbose_name = "The Insiders programme"

    def ready(self) -> None:
        from core.kinds import listen, register

        register(
            "loyalty.review",
            job="loyalty.jobs.review.review",
            label="Reviewing the programme",
            capability="programme.propose",
            personal="approver",
            request="loyalty.services.request_review_after",
            after=("anomalies.scan",),
        )
        register(
            "loyalty.report",
            job="loyalty.jobs.report.report",
            label="Answering the nine questions",
            capability="programme.propose",
            request="loyalty.services.request_report_after",
            after=("loyalty.review",),
        )
        listen("crm.ingest", "loyalty.services.forget_demo_after")
