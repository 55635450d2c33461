"""Stored files are read again and compared every week, on Sunday morning."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Every seven days, at 5:00 UTC on Sundays.
EVERY_MINUTES, OFFSET_MINUTES = 7 * 24 * 60, 5 * 60


def add_entry(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("core", "ScheduleEntry").objects.get_or_create(
        name="Check stored files",
        defaults={"kind": "crm.verify", "every_minutes": EVERY_MINUTES, "offset_minutes": OFFSET_MINUTES},
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0002_first_rows")]
    operations = [migrations.RunPython(add_entry, migrations.RunPython.noop)]
