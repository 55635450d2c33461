"""What every registered task is tried with in `tests/test_idempotence.py`.

To add a task, add one line to SCENARIOS: its Celery name and a Scenario of two functions. `prepare` makes the world
that the task finds (rows are committed, files stand under STORAGE_ROOT) and returns the task's arguments; for a job
that is `[str(run.pk)]` of a pending run. `outcome` describes what the world holds afterwards: counts, sums, states;
no primary keys and no times, for it is compared between worlds that were made one after the other.
Keep worlds small: each is worked on about six times. Long scenarios live in their app's tests and are imported here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from anomalies.models import Anomaly, AnomalyEvent, Scan
from core.execution import execute
from core.models import ProcessBeat, Run, ScheduleEntry, ScheduleSlot
from crm.ledger import LineFilter
from crm.models import CatalogueEntry, CatalogueVersion, Customer, InboxFile, LineExport, Upload, UploadFigures
from crm.selectors import current_version, rejected_csv
from crm.services import (
    complete_upload,
    confirm_mapping,
    redo_upload,
    request_export,
    request_sniff,
    request_sweep,
    request_verify,
    store_upload,
    undo_upload,
)
from crm.services.inboxes import request_check
from crm.services.mappings import complete_mapping
from crm.services.merging import request_merge
from loyalty.services import request_review
from segmentation.models import SCORE_TABLES, Snapshot
from segmentation.selectors import current_snapshot
from segmentation.services import request_refresh
from tests.anomalies.worlds import make_odd_results, requested_scan
from tests.core.webhook_world import a_message_to_deliver, make_endpoint, the_messages
from tests.crm.sources import make_inbox
from tests.factories import make_run, make_shop
from tests.loyalty.action_world import (
    actions_to_read_out,
    an_action_to_prepare,
    results_to_advise_on,
    the_actions,
)
from tests.loyalty.mails import mails_to_send, the_mails
from tests.loyalty.proof_world import a_table_to_read, a_test_to_draw, experiments_to_read
from tests.loyalty.rule_runs import rules_to_propose, rules_to_replay, what_rules_would_do
from tests.outcomes import runs, the_answers, the_experiments, the_list
from tests.segmentation.lab_worlds import combinations_to_compare, results_to_draw, the_comparison, the_map
from tests.segmentation.worlds import results_to_promote


@dataclass(frozen=True)
class Scenario:
    prepare: Callable[[], list[str]]
    outcome: Callable[[], Any]


def a_run_that_waits() -> list[str]:
    make_run("crm.sweep", fingerprint="waits")
    make_run("crm.sweep", Run.State.RUNNING, fingerprint="lapsed", lease_expires_at=timezone.now() - timedelta(hours=1))
    return []


def an_entry_that_is_due() -> list[str]:
    ScheduleEntry.objects.all().delete()
    ScheduleEntry.objects.create(name="Clear", kind="crm.sweep", every_minutes=1440)
    ScheduleEntry.objects.create(name="Off", kind="crm.sweep", every_minutes=1, is_enabled=False)
    return []


def started() -> dict[str, Any]:
    return {
        "runs": runs(),
        "slots": ScheduleSlot.objects.count(),
        "empty": ScheduleSlot.objects.filter(run=None).count(),
    }


ORDERS = b"order_id,customer_id,item_id,quantity,unit_price,ordered_at\n" + b"".join(
    b"o%d,c%d,i%d,%d,2.50,2024-0%d-11 10:00\n" % (n, n % 7, n % 5, 1 + n % 3, 1 + n % 9) for n in range(200)
)


def a_stored_file(data: bytes = ORDERS) -> Upload:
    return store_upload(name="orders.csv", chunks=[data], source=Upload.Source.COMMAND, by=None)[0]


def a_file_to_read() -> list[str]:
    return [str(request_sniff(upload=a_stored_file(), by=None).pk)]


def a_confirmed_file(data: bytes = ORDERS) -> Run:
    upload = a_stored_file(data)
    execute(request_sniff(upload=upload, by=None).pk)
    upload.refresh_from_db()
    assert upload.sniff is not None
    return confirm_mapping(upload=upload, mapping=complete_mapping(upload.sniff["proposal"], upload.sniff), by=None)


def a_file_to_import() -> list[str]:
    return [str(a_confirmed_file().pk)]


def a_file_to_take_back() -> list[str]:
    execute(a_confirmed_file().pk)
    return [str(undo_upload(upload=Upload.objects.get(), by=None).pk)]


def a_file_to_describe() -> list[str]:
    execute(a_confirmed_file().pk)
    return [str(Run.objects.get(kind="crm.describe").pk)]


def small_files_to_merge() -> list[str]:
    for more in (b"", b"p1,c1,i1,1,2.50,2024-12-24 10:00\n"):
        execute(a_confirmed_file(ORDERS + more).pk)
    run = request_merge(least=2)
    assert run
    return [str(run.pk)]


def merged() -> dict[str, Any]:
    entries = CatalogueEntry.objects.filter(version=current_version()).order_by("position")
    return {**ledger(), "merged": [entry.merged_id is not None for entry in entries]}


def described() -> dict[str, Any]:
    return {"runs": runs(), "figures": list(UploadFigures.objects.values_list("upload__lines", "figures"))}


def lines_to_export() -> list[str]:
    execute(a_confirmed_file().pk)
    export = request_export(chosen=LineFilter(country=None), file_format="csv", by=None)
    return [str(export.run_id)]


def exports() -> dict[str, Any]:
    return {"runs": runs(), "exports": list(LineExport.objects.values_list("lines", "size"))}


def a_source_to_look_at() -> list[str]:
    """A file with its mark, so that the first look takes it."""
    folder = Path(settings.WATCH_ROOTS)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "orders.csv").write_bytes(ORDERS)
    (folder / "orders.csv.done").touch()
    return [str(request_check(inbox=make_inbox(folder)).pk)]


def what_sources_brought() -> dict[str, Any]:
    columns = ("name", "is_known", "problem")
    return {**ledger(), "files": [list(row) for row in InboxFile.objects.values_list(*columns)]}


def a_file_to_bring_back() -> list[str]:
    execute(UUID(a_file_to_take_back()[0]))
    return [str(redo_upload(upload=Upload.objects.get(), by=None).pk)]


def lines_to_correct() -> list[str]:
    """A published file with a rejected line, and its correction, which was looked at."""
    bad = ORDERS + b"o999,c1,i1,x,2.50,2024-01-11 10:00\n"
    first = store_upload(name="bad.csv", chunks=[bad], source=Upload.Source.COMMAND, by=None)[0]
    execute(request_sniff(upload=first, by=None).pk)
    first.refresh_from_db()
    assert first.sniff is not None
    execute(confirm_mapping(upload=first, mapping=complete_mapping(first.sniff["proposal"], first.sniff), by=None).pk)
    first.refresh_from_db()
    right = "".join(rejected_csv(first)).replace(",x,", ",2,").encode()
    second = store_upload(name="right.csv", chunks=[right], source=Upload.Source.COMMAND, by=None)[0]
    execute(request_sniff(upload=second, by=None).pk)
    second.refresh_from_db()
    return [str(complete_upload(upload=second, by=None).pk)]


def files_to_clear() -> list[str]:
    return [str(request_sweep().pk)]


def files_to_check() -> list[str]:
    execute(a_confirmed_file().pk)
    return [str(request_verify().pk)]


def what_the_check_found() -> dict[str, Any]:
    result = Run.objects.get(kind="crm.verify").result or {}
    return {"runs": runs(), "state": result.get("state"), "files": result.get("files")}


def ledger() -> dict[str, Any]:
    columns = ("state", "lines", "accepted", "rejected", "duplicates", "gross_revenue", "customers", "orders")
    entries = CatalogueEntry.objects.filter(version=current_version()).order_by("position")
    return {
        "runs": runs(),
        "uploads": [[str(value) for value in row] for row in Upload.objects.values_list(*columns)],
        "entries": list(entries.values_list("position", "file__lines", "shadowed")),
        "versions": CatalogueVersion.objects.count(),
        "customers": Customer.objects.count(),
    }


def a_shop_to_refresh() -> list[str]:
    make_shop()
    run = request_refresh(by=None)
    assert run is not None
    return [str(run.pk)]


def results() -> dict[str, Any]:
    """What pages would read of the current snapshot."""
    snapshot = current_snapshot()
    assert snapshot is not None
    scores = SCORE_TABLES[snapshot.score_table]._default_manager.order_by("customer_id")
    columns = ("customer_id", "frequency", "revenue", "rfm_group", "tier")
    return {
        "runs": runs(),
        "snapshots": list(Snapshot.objects.values_list("as_of", "state")),
        "scores": list(scores.values_list(*columns)),
        "values": [round(value, 6) if value else value for value in scores.values_list("clv", flat=True)],
        "segments": sorted(snapshot.segment_summaries.values_list("size", flat=True)),
    }


def a_list_to_review() -> list[str]:
    execute(UUID(a_shop_to_refresh()[0]))
    return [str(request_review(by=None).pk)]


def a_report_to_write() -> list[str]:
    execute(UUID(a_list_to_review()[0]))
    return [str(Run.objects.get(kind="loyalty.report").pk)]


def a_review_to_tell_of() -> list[str]:
    """Nobody listens at the address, which is no matter: the messages are written down, and wait."""
    make_endpoint()
    execute(UUID(a_list_to_review()[0]))
    return [str(Run.objects.get(kind="loyalty.announce").pk)]


def results_to_scan() -> list[str]:
    make_odd_results()
    return [str(requested_scan().pk)]


def the_queue() -> dict[str, Any]:
    columns = ("kind", "key", "status", "severity", "summary", "money", "customer_id")
    return {
        "runs": runs(),
        "scans": list(Scan.objects.values_list("counts", flat=True)),
        "queue": [list(map(str, row)) for row in Anomaly.objects.order_by("kind", "key").values_list(*columns)],
        "events": AnomalyEvent.objects.count(),
    }


SCENARIOS: dict[str, Scenario] = {
    "core.sweep": Scenario(a_run_that_waits, runs),
    "core.tick": Scenario(an_entry_that_is_due, started),
    "core.canary": Scenario(list, lambda: list(ProcessBeat.objects.values_list("name", flat=True))),
    "crm.sniff": Scenario(a_file_to_read, ledger),
    "crm.ingest": Scenario(a_file_to_import, ledger),
    "crm.describe": Scenario(a_file_to_describe, described),
    "crm.export": Scenario(lines_to_export, exports),
    "crm.complete": Scenario(lines_to_correct, ledger),
    "crm.redo": Scenario(a_file_to_bring_back, ledger),
    "crm.merge": Scenario(small_files_to_merge, merged),
    "crm.undo": Scenario(a_file_to_take_back, ledger),
    "crm.fetch": Scenario(a_source_to_look_at, what_sources_brought),
    "crm.sweep": Scenario(files_to_clear, ledger),
    "crm.verify": Scenario(files_to_check, what_the_check_found),
    "segmentation.refresh": Scenario(a_shop_to_refresh, results),
    "segmentation.promote": Scenario(results_to_promote, results),
    "segmentation.compare": Scenario(combinations_to_compare, the_comparison),
    "segmentation.embed": Scenario(results_to_draw, the_map),
    "loyalty.review": Scenario(a_list_to_review, the_list),
    "core.webhook": Scenario(a_message_to_deliver, the_messages),
    "loyalty.announce": Scenario(a_review_to_tell_of, the_messages),
    "loyalty.propose": Scenario(rules_to_propose, what_rules_would_do),
    "loyalty.replay": Scenario(rules_to_replay, what_rules_would_do),
    "loyalty.report": Scenario(a_report_to_write, the_answers),
    "loyalty.measure": Scenario(experiments_to_read, the_experiments),
    "loyalty.draw": Scenario(a_test_to_draw, the_experiments),
    "loyalty.import_results": Scenario(a_table_to_read, the_experiments),
    "loyalty.mail_report": Scenario(mails_to_send, the_mails),
    "loyalty.advise": Scenario(results_to_advise_on, the_actions),
    "loyalty.take_action": Scenario(an_action_to_prepare, the_actions),
    "loyalty.read_out": Scenario(actions_to_read_out, the_actions),
    "anomalies.scan": Scenario(results_to_scan, the_queue),
}
