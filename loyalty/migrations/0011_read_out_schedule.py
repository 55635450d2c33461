"""Every morning the actions are read out whose day has come."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Every day, at 5:30 UTC: after the night's results, and before the report is mailed.
EVERY_MINUTES, OFFSET_MINUTES = 24 * 60, 5 * 60 + 30


def add_entry(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("core", "ScheduleEntry").objects.get_or_create(
        name="Read out actions",
        defaults={"kind": "loyalty.read_out", "every_minutes": EVERY_MINUTES, "offset_minutes": OFFSET_MINUTES},
    )


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0010_actions"), ("core", "0003_weekly_verify")]
    operations = [migrations.RunPython(add_entry, migrations.RunPython.noop)]
