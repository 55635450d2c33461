"""Sources are looked at by themselves: once a minute it is seen which are due."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def create_entry(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    entries = apps.get_model("core", "ScheduleEntry").objects
    entries.get_or_create(name="Look at sources", defaults={"kind": "crm.fetch", "every_minutes": 1})


class Migration(migrations.Migration):
    dependencies = [("core", "0002_first_rows"), ("crm", "0008_line_export")]
    operations = [migrations.RunPython(create_entry, migrations.RunPython.noop)]
