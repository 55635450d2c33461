"""The Insiders programme, the first one."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.utils import timezone


def create_programme(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    programmes = apps.get_model("loyalty", "Programme").objects
    programmes.get_or_create(name="Insiders", defaults={"created_at": timezone.now()})


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0001_initial")]
    operations = [migrations.RunPython(create_programme, migrations.RunPython.noop)]
