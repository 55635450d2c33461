from django.db import migrations, models
from django.db.models import Q

NAME = "group_settings_set_aside"


class Migration(migrations.Migration):
    """No more could be set before either: pages and services refused it."""

    dependencies = [
        ("segmentation", "0008_valuation_rate_words"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="groupsettings", name=NAME),
        migrations.AddConstraint(
            model_name="groupsettings",
            constraint=models.CheckConstraint(condition=Q(set_aside__gte=0, set_aside__lte=0.2), name=NAME),
        ),
    ]
