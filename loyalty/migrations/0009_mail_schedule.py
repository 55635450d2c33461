"""Every morning the mails of the report that are due are sent."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# Every day, at 6:00 UTC: after the night's results.
EVERY_MINUTES, OFFSET_MINUTES = 24 * 60, 6 * 60


def add_entry(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("core", "ScheduleEntry").objects.get_or_create(
        name="Mail the report",
        defaults={"kind": "loyalty.mail_report", "every_minutes": EVERY_MINUTES, "offset_minutes": OFFSET_MINUTES},
    )


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0008_experiments"), ("core", "0003_weekly_verify")]
    operations = [migrations.RunPython(add_entry, migrations.RunPython.noop)]
