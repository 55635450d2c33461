from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class LoyaltyConfig(AppConfig):
    name = "loyalty"
    verbose_name = "The Insiders programme"

    def ready(self) -> None:
        from core.kinds import listen, register
        from crm.stored_files import CLAIM_SOURCES
        from loyalty.dashboards import create_views, drop_views

        CLAIM_SOURCES.append("loyalty.affinity_store.claims")
        pre_migrate.connect(drop_views, sender=self)
        post_migrate.connect(create_views, sender=self)

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
        register(
            "loyalty.measure",
            job="loyalty.jobs.measuring.measure",
            label="Reading the experiments",
            capability="programme.propose",
            request="loyalty.services.request_measure_after",
            after=("segmentation.refresh", "segmentation.promote", "loyalty.review"),
        )
        register(
            "loyalty.draw",
            job="loyalty.jobs.drawing.draw",
            label="Drawing the groups of a test",
            capability="programme.approve",
        )
        register(
            "loyalty.import_results",
            job="loyalty.jobs.importing.read_table",
            label="Reading the results of a test",
            capability="programme.propose",
            memory_mb=1500,
            cpu_seconds=300,
        )
        register(
            "loyalty.announce",
            job="loyalty.jobs.announce.announce",
            label="Writing messages to other programs",
            capability="programme.approve",
        )
        register(
            "loyalty.propose",
            job="loyalty.jobs.asked_rules.propose_run",
            label="Looking for rules",
            capability="programme.propose",
        )
        register(
            "loyalty.replay",
            job="loyalty.jobs.replaying.replay_run",
            label="Replaying rules over past reviews",
            capability="programme.propose",
        )
        register(
            "loyalty.mail_report",
            job="loyalty.jobs.mailing.mail_report",
            label="Sending the report by e-mail",
            capability="reports.mail",
            request="loyalty.services.reporting.request_mailing_after",
        )
        register(
            "loyalty.advise",
            job="loyalty.jobs.advising.advise",
            label="Working out actions",
            capability="programme.propose",
            request="loyalty.services.acting.request_advice_after",
            after=("segmentation.refresh", "segmentation.promote", "loyalty.report"),
        )
        register(
            "loyalty.take_action",
            job="loyalty.jobs.taking.take",
            label="Preparing an action",
            capability="actions.take",
        )
        register(
            "loyalty.read_out",
            job="loyalty.jobs.reading_out.read_out",
            label="Reading out actions",
            capability="programme.propose",
            request="loyalty.services.acting.request_read_out_after",
            after=("segmentation.refresh", "segmentation.promote"),
        )
        listen("loyalty.measure", "loyalty.services.requests.request_report_after_reading")
        listen("loyalty.read_out", "loyalty.services.requests.request_report_after")
        listen("crm.ingest", "loyalty.services.forget_demo_after")
