"""Who is eligible moves out of the answers: the list may hold a million keys, and pages never read it."""

from typing import Any

from django.db import migrations


def set_apart(apps: Any, schema_editor: Any) -> None:
    reports = apps.get_model("loyalty", "Report")
    for report in reports.objects.iterator(chunk_size=20):
        answer = report.content.get("q1", {})
        keys = answer.get("value") or []
        report.keys = {"eligible": keys, "members": []}
        report.content["q1"] = {**answer, "value": None, "count": len(keys)}
        report.save(update_fields=["keys", "content"])


def put_back(apps: Any, schema_editor: Any) -> None:
    reports = apps.get_model("loyalty", "Report")
    for report in reports.objects.iterator(chunk_size=20):
        report.content["q1"] = {**report.content["q1"], "value": report.keys.get("eligible", [])}
        report.save(update_fields=["content"])


class Migration(migrations.Migration):
    dependencies = [("loyalty", "0006_report_parts")]

    operations = [migrations.RunPython(set_apart, put_back)]
