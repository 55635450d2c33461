"""The single rows that services lock, and the nightly and hourly schedule."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# The application may add to the audit chain and nothing else. SQLite has no roles and its tests empty tables with
# DELETE, so there the chain is protected by its hashes alone.
POSTGRES_GUARD = """
CREATE FUNCTION core_auditevent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit events can not be changed'; END $$;
CREATE TRIGGER core_auditevent_append_only BEFORE UPDATE OR DELETE ON core_auditevent
FOR EACH ROW EXECUTE FUNCTION core_auditevent_is_append_only();
"""
POSTGRES_UNGUARD = """
DROP TRIGGER core_auditevent_append_only ON core_auditevent;
DROP FUNCTION core_auditevent_is_append_only();
"""


def create_rows(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("core", "AuditHead").objects.get_or_create(pk=1)
    entries = apps.get_model("core", "ScheduleEntry").objects
    entries.get_or_create(
        name="Nightly refresh",
        defaults={"kind": "segmentation.refresh", "every_minutes": 1440, "offset_minutes": 120},
    )
    entries.get_or_create(
        name="Clear unused files",
        defaults={"kind": "crm.sweep", "every_minutes": 1440, "offset_minutes": 240},
    )


def guard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES_GUARD)


def unguard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRES_UNGUARD)


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [
        migrations.RunPython(create_rows, migrations.RunPython.noop),
        migrations.RunPython(guard, unguard),
    ]
