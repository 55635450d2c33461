"""`python -m tests.faults.hand`: stands in for a web process of a world apart; one JSON request a line, one answer.

It stores and confirms files, asks for what a page would ask for, and says what the world holds.
"""

import json
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

import django

django.setup()

from django.apps import apps  # noqa: E402
from django.db import close_old_connections, transaction  # noqa: E402

from core import invariants  # noqa: E402
from core.dispatch import hint  # noqa: E402
from core.models import AuditEvent, Run, ScheduleEntry, ScheduleSlot  # noqa: E402
from core.services.schedule import start_due_slots  # noqa: E402
from crm import ledger, services  # noqa: E402
from crm.models import Customer, Upload  # noqa: E402
from crm.selectors import current_version  # noqa: E402
from segmentation.models import SCORE_TABLES, Snapshot  # noqa: E402
from segmentation.selectors import current_snapshot  # noqa: E402


def store(path: str) -> list[Any]:
    """Returns the upload's key and the run that reads it."""
    with transaction.atomic():
        upload, _ = services.store_upload(
            name=Path(path).name, chunks=[Path(path).read_bytes()], source=Upload.Source.BROWSER, by=None
        )
        hint(upload.latest_run)
    return [upload.pk, str(upload.latest_run_id)]


def confirm(upload: int) -> str:
    with transaction.atomic():
        found = Upload.objects.get(pk=upload)
        assert found.sniff is not None, found.error
        run = services.confirm_mapping(upload=found, mapping=found.sniff["proposal"], by=None)
        hint(run)
    return str(run.pk)


def undo(upload: int) -> str:
    with transaction.atomic():
        run = services.undo_upload(upload=Upload.objects.get(pk=upload), by=None)
        hint(run)
    return str(run.pk)


def lose_bytes(upload: int) -> None:
    """What a disk may do: the stored file is gone, and whatever reads it breaks."""
    kept = ledger.storage_path(Upload.objects.get(pk=upload).storage_name)
    kept.rename(kept.with_suffix(".lost"))


def find_bytes(upload: int) -> None:
    """The disk is mended: the next test's invariants may ask for every file."""
    kept = ledger.storage_path(Upload.objects.get(pk=upload).storage_name)
    kept.with_suffix(".lost").rename(kept)


def runs() -> list[dict[str, Any]]:
    columns = ("id", "kind", "state", "attempts", "fencing_token", "stage", "error_code", "error")
    return [{**row, "id": str(row["id"])} for row in Run.objects.order_by("created_at").values(*columns)]


def durations() -> dict[str, float]:
    """How long a run of each kind took at most, in seconds."""
    longest: dict[str, float] = {}
    for run in Run.objects.filter(state=Run.State.SUCCEEDED):
        assert run.started_at
        assert run.finished_at
        longest[run.kind] = max(longest.get(run.kind, 0.0), (run.finished_at - run.started_at).total_seconds())
    return longest


def uploads() -> list[dict[str, Any]]:
    return [services_row(upload) for upload in Upload.objects.order_by("pk")]


def services_row(upload: Upload) -> dict[str, Any]:
    names = ("file_name", "state", "lines", "accepted", "rejected", "duplicates", "customers", "orders")
    money = {name: format(getattr(upload, name), "f") for name in ("gross_revenue", "returned_value")}
    return {name: getattr(upload, name) for name in names} | money


def deliver(run: str) -> str:
    """What the worker's task does, here and now: a message that comes again, or late."""
    from core.tasks import do_run

    do_run(run)
    return str(Run.objects.get(pk=run).state)


def tick(moment: str) -> int:
    from datetime import datetime

    return len(start_due_slots(now=datetime.fromisoformat(moment)))


def slots() -> dict[str, int]:
    return {"slots": ScheduleSlot.objects.count(), "empty": ScheduleSlot.objects.filter(run=None).count()}


def quiet() -> None:
    """Nothing by the clock: only what the test asks for."""
    ScheduleEntry.objects.update(is_enabled=False)


def schedule_sweep() -> None:
    ScheduleEntry.objects.create(name="Every minute", kind="crm.sweep", every_minutes=1)


def check() -> dict[int, Any]:
    invariants.load()
    return {number: dict(answer) for number, answer in invariants.answers().items()}


def outcome() -> dict[str, Any]:
    """Everything that people could see, without keys, times and hand-overs: equal worlds give equal outcomes."""
    names = dict(Customer.objects.values_list("pk", "external_id"))
    return {
        "runs": dict(sorted(Counter(" ".join(row) for row in Run.objects.values_list("kind", "state")).items())),
        "uploads": uploads(),
        "ledger": _ledger(names),
        "customers": len(names),
        "snapshot": _snapshot(names),
        "published": Snapshot.objects.filter(state=Snapshot.State.PUBLISHED).count(),
        "members": _rows("loyalty", "Membership", "customer_id", names, "entered_on", "left_on"),
        "events": _rows("loyalty", "MembershipEvent", "customer_id", names, "kind"),
        "anomalies": _count("anomalies", "Anomaly", "kind"),
        "audit": dict(sorted(Counter(AuditEvent.objects.values_list("action", flat=True)).items())),
    }


def _ledger(names: dict[int, str]) -> dict[str, Any]:
    with ledger.reading(current_version()) as connection:
        row = connection.execute(
            """SELECT count(*), sum(amount), sum(quantity), count(DISTINCT customer_key), count(DISTINCT order_key),
            bit_xor(hash(order_key, item_id, quantity, unit_price, ordered_at, upload_id)) FROM lines"""
        ).fetchone()
        people = connection.execute("SELECT DISTINCT customer_key FROM lines WHERE customer_key IS NOT NULL").fetchall()
    return {"totals": [str(value) for value in row or ()], "people": sorted(names[key] for (key,) in people)}


def _snapshot(names: dict[int, str]) -> dict[str, Any] | None:
    snapshot = current_snapshot()
    if snapshot is None:
        return None
    scores = SCORE_TABLES[snapshot.score_table]._default_manager.values_list(
        "customer_id", "frequency", "revenue", "clv", "rfm_group", "tier"
    )
    rows = [[names[key], n, f"{money:.6f}", value and round(value, 6), *rest] for key, n, money, value, *rest in scores]
    return {
        "as_of": str(snapshot.as_of),
        "scores": sorted(rows),
        "segments": sorted(snapshot.segment_summaries.values_list("size", flat=True)),
    }


def _rows(app: str, model: str, key: str, names: dict[int, str], *columns: str) -> list[list[str]]:
    model_class = apps.get_model(app, model)
    rows = model_class._default_manager.values_list(key, *columns)
    return sorted([names[row[0]], *map(str, row[1:])] for row in rows)


def _count(app: str, model: str, column: str) -> dict[str, int]:
    return dict(sorted(Counter(apps.get_model(app, model)._default_manager.values_list(column, flat=True)).items()))


ACTIONS = [
    quiet,
    store,
    confirm,
    undo,
    lose_bytes,
    find_bytes,
    runs,
    durations,
    uploads,
    deliver,
    tick,
    slots,
    schedule_sweep,
    check,
    outcome,
]


def main() -> None:
    actions = {action.__name__: action for action in ACTIONS}
    for line in sys.stdin:
        name, *args = json.loads(line)
        try:
            answer: dict[str, Any] = {"answer": actions[name](*args)}  # type: ignore[operator]
        except Exception:
            answer = {"error": traceback.format_exc()}
        close_old_connections()
        sys.stdout.write(json.dumps(answer, default=str) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
