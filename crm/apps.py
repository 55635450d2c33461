from django.apps import AppConfig

# Outside files are read within limits: the largest file that we take needs a tenth of this, a hostile one gets no more.
MEMORY_MB = 4096
CPU_SECONDS = 3600
WALL_SECONDS = 7200


class CrmConfig(AppConfig):
    name = "crm"
    verbose_name = "Customers and files"

    def ready(self) -> None:
        from django.core import checks

        from core.kinds import listen, register
        from crm.checks import storage_answers

        checks.register(storage_answers, checks.Tags.database)

        register(
            "crm.sniff",
            job="crm.jobs.sniff.sniff",
            label="Reading the file",
            capability="uploads.add",
            memory_mb=MEMORY_MB,
            cpu_seconds=CPU_SECONDS,
            wall_seconds=WALL_SECONDS,
        )
        register(
            "crm.ingest",
            job="crm.jobs.ingest.ingest",
            label="Importing the lines",
            capability="uploads.add",
            memory_mb=MEMORY_MB,
            cpu_seconds=CPU_SECONDS,
            wall_seconds=WALL_SECONDS,
        )
        register("crm.undo", job="crm.jobs.undo.undo", label="Taking an upload back", capability="uploads.undo")
        register(
            "crm.sweep",
            job="crm.jobs.sweep.sweep",
            label="Clearing unused files",
            capability="schedule.manage",
            request="crm.services.request_sweep",
        )
        register(
            "crm.verify",
            job="crm.jobs.verify.verify_files",
            label="Checking stored files",
            capability="schedule.manage",
            request="crm.services.request_verify",
        )
        register(
            "crm.complete",
            job="crm.jobs.complete.complete",
            label="Taking corrected lines in",
            capability="uploads.add",
            memory_mb=MEMORY_MB,
            cpu_seconds=CPU_SECONDS,
            wall_seconds=WALL_SECONDS,
        )
        register("crm.redo", job="crm.jobs.redo.redo", label="Bringing an upload back", capability="uploads.undo")
        # What a result page shows of a file; first in line, because somebody looks at that page.
        register(
            "crm.describe",
            job="crm.jobs.describe.describe",
            label="Describing the file",
            capability="uploads.add",
            request="crm.services.request_description_after",
            after=("crm.ingest", "crm.complete", "crm.undo", "crm.redo"),
        )
        register(
            "crm.merge",
            job="crm.jobs.merge.merge",
            label="Merging small files",
            capability="schedule.manage",
            request="crm.services.merging.request_merge",
            after=("crm.ingest", "crm.undo"),
        )
        register("crm.export", job="crm.jobs.export.export_lines", label="Exporting lines", capability="members.export")
        register(
            "crm.fetch",
            job="crm.jobs.fetch.fetch",
            label="Looking at a source",
            capability="sources.manage",
            request="crm.services.inboxes.request_fetch",
            wall_seconds=WALL_SECONDS,
        )
        # A file that a source brought needs nobody when nothing about it is open.
        listen("crm.sniff", "crm.services.certain.confirm_arrived")
