"""The pointer's single row."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def create_pointer(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("segmentation", "SnapshotPointer").objects.get_or_create(pk=1)


class Migration(migrations.Migration):
    dependencies = [("segmentation", "0001_initial")]
    operations = [migrations.RunPython(create_pointer, migrations.RunPython.noop)]
