from django.apps import AppConfig


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "Customers and files"

    def ready(self) -> None:
        from core.kinds import register

        register(
            "crm.sniff",
            job="crm.jobs.sniff.sniff",
            label="Reading the file",
            capability="uploads.add",
            memory_mb=4096,
        )
        register(
            "crm.ingest",
            job="crm.jobs.ingest.ingest",
            label="Importing the lines",
            capability="uploads.add",
            memory_mb=4096,
        )
        register("crm.undo", job="crm.jobs.undo.undo", label="Taking an upload back", capability="uploads.undo")
        register(
            "crm.sweep",
            job="crm.jobs.sweep.sweep",
            label="Clearing unused files",
            capability="schedule.manage",
            request="crm.services.request_sweep",
        )
