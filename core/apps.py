from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "Core"

    def ready(self) -> None:
        from core.kinds import register

        register(
            "core.webhook",
            job="core.jobs.deliver.deliver",
            label="Telling other programs",
            capability="webhooks.manage",
        )
