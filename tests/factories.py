"""A small world: people by role, and rows that tests stand on."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import duckdb
from django.utils import timezone

from anomalies.models import Anomaly, Scan
from core.child import perform
from core.models import ApiToken, Run, ScheduleEntry, User
from core.runs import acquire
from core.services.accounts import create_token
from crm import ledger
from crm.models import CatalogueEntry, CataloguePointer, CatalogueVersion, Customer, LedgerFile, Upload
from crm.services import confirm_mapping, store_upload, undo_upload
from loyalty.models import Review, ReviewDecision, RuleVersion
from loyalty.selectors.standing import default_programme
from loyalty.services import activate_rules, propose_rules, request_review
from segmentation.models import Segment, SegmentSummary, Snapshot, SnapshotPointer
from segmentation.selectors import current_snapshot
from segmentation.services import request_refresh
from tests.analytics.ledger import Line, create_lines

PASSWORD = "a walk by the river"
PROFILE = {"days_since_last_purchase": 10, "order_count": 3, "revenue": 25.0}
_numbers = count(1)


def make_user(role: str = "marketer", **fields: Any) -> User:
    """Someone who signs in with PASSWORD."""
    user = User(username=fields.pop("username", f"{role}{next(_numbers)}"), role=role, **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def make_token(user: User, scope: str = ApiToken.Scope.READ) -> str:
    """The key itself, for `Authorization: Token …`."""
    return create_token(user=user, name="test", scope=scope, by=user)[1]


def make_token_row(user: User) -> ApiToken:
    make_token(user)
    return user.tokens.latest("pk")


def make_schedule_entry(**fields: Any) -> ScheduleEntry:
    values = {"name": f"entry {next(_numbers)}", "kind": "crm.sweep", "every_minutes": 1440, **fields}
    return ScheduleEntry.objects.create(**values)


def make_run(kind: str = "crm.sweep", state: str = Run.State.PENDING, **fields: Any) -> Run:
    """A run in the given state, with the times that its constraints ask for."""
    now: datetime = timezone.now()
    values: dict[str, Any] = {"fingerprint": f"test-{next(_numbers)}", "created_at": now, "not_before": now, **fields}
    if state == Run.State.RUNNING:
        values = {"lease_expires_at": now + timedelta(seconds=30), "fencing_token": 1, "attempts": 1, **values}
    elif state != Run.State.PENDING:
        values = {"finished_at": now, **values}
    return Run.objects.create(kind=kind, state=state, **values)


def publish_lines(connection: duckdb.DuckDBPyConnection, relation: str = "lines") -> CatalogueVersion:
    """A ledger of exactly the lines of a relation, published; its customers get rows with their keys as ids."""
    number, now = next(_numbers), timezone.now()
    sums = "coalesce(sum(amount) FILTER (amount > 0), 0), coalesce(-sum(amount) FILTER (amount < 0), 0)"
    found = connection.execute(f"SELECT count(*), min(ordered_on), max(ordered_on), {sums} FROM {relation}").fetchone()
    assert found is not None
    lines, first_on, last_on, gross, returned = found
    keys = connection.execute(f"SELECT DISTINCT customer_key FROM {relation} WHERE customer_key IS NOT NULL").fetchall()
    Customer.objects.bulk_create(
        [Customer(pk=key, external_id=str(key), search_key=str(key), created_at=now) for (key,) in keys],
        ignore_conflicts=True,
    )
    upload = Upload.objects.create(
        file_name=f"test-{number}.csv",
        size=1,
        sha256=f"test-{number}",
        state=Upload.State.PUBLISHED,
        source=Upload.Source.COMMAND,
        received_at=now,
        published_at=now,
        lines=lines,
        accepted=lines,
        customers=len(keys),
        gross_revenue=gross,
        returned_value=returned,
    )
    path = f"ledger/test-{number}.parquet"
    filled = f"""{upload.pk} AS upload_id, coalesce(ordered_at, ordered_on::TIMESTAMP) AS ordered_at,
        coalesce(order_id, order_key) AS order_id"""
    selection = f"SELECT * REPLACE ({filled}) FROM {relation}"
    size, sha256 = ledger.write_atomically(
        path, lambda target: connection.execute(f"COPY ({selection}) TO '{target}' (FORMAT parquet)")
    )
    file = LedgerFile.objects.create(
        upload=upload,
        path=path,
        lines=lines,
        size=size,
        sha256=sha256,
        first_on=first_on,
        last_on=last_on,
        created_at=now,
    )
    version = CatalogueVersion.objects.create(reason="publish", upload=upload, created_at=now)
    CatalogueEntry.objects.create(version=version, file=file, position=0)
    CataloguePointer.objects.update_or_create(pk=1, defaults={"version": version})
    return version


def make_ledger(lines: Sequence[Line]) -> CatalogueVersion:
    """A published ledger of a few lines."""
    with duckdb.connect() as connection:
        create_lines(connection, "lines", lines)
        return publish_lines(connection)


def make_shop(customers: int = 60, *, seed: int = 1) -> CatalogueVersion:
    """A year of a small shop: regulars, occasional buyers and people who came once, some returns, one guest."""
    generator = random.Random(seed)
    start = date(2025, 1, 1)
    lines = [Line(None, "guest", date(2025, 6, 1), "40")]
    for key in range(1, customers + 1):
        orders = (1, 4, 16)[key % 3]
        days = sorted(generator.sample(range(364), orders))
        for number, day in enumerate(days):
            amount = f"{generator.uniform(5, 40) * (1 + key % 3):.2f}"
            lines.append(Line(key, f"{key}-{number}", start + timedelta(days=day), amount))
        if key % 10 == 0:
            lines.append(Line(key, f"{key}-return", start + timedelta(days=days[-1]), "-1.25"))
    lines.append(Line(3, "3-latest", date(2025, 12, 31), "12.50"))
    return make_ledger(lines)


def make_snapshot(customers: int = 60, **options: Any) -> Snapshot:
    """A published snapshot of `make_shop`, by the job itself."""
    make_shop(customers)
    run = request_refresh(by=None, **options)
    assert run is not None
    return refreshed(run)


def make_segment_summary() -> SegmentSummary:
    """One segment of a published snapshot that holds little more: for tests of who may look, not of what is shown."""
    now = timezone.now()
    entry = {"name": "Regulars", "size": 4, "revenue": "100.00", "share": 0.8, "share_of_identified": 1.0}
    snapshot = Snapshot.objects.create(
        as_of=date(2025, 12, 31),
        unit="day",
        holdout_days=0,
        horizon_days=365,
        state=Snapshot.State.PUBLISHED,
        created_at=now,
        published_at=now,
        score_table="a",
        customers=4,
        charts={"base_profile": PROFILE},
        fits={"bg_nbd": None, "gamma_gamma": None, "champion": "naive", "reasons": ["Few."], "fit_reasons": ["Few."]},
    )
    segment = Segment.objects.create(name="Regulars", created_at=now)
    snapshot.segments = [{**entry, "segment": segment.pk}]
    snapshot.save()
    return SegmentSummary.objects.create(
        snapshot=snapshot, segment=segment, name=segment.name, size=4, revenue="100", share=0.8, profile=PROFILE
    )


def make_scan() -> Scan:
    """The newest scan, of the current snapshot; with none, of one that holds little more than its name."""
    now = timezone.now()
    snapshot = current_snapshot()
    if snapshot is None:
        snapshot = make_segment_summary().snapshot
        SnapshotPointer.objects.update_or_create(pk=1, defaults={"snapshot": snapshot})
    return Scan.objects.create(snapshot=snapshot, fingerprint=f"test-{next(_numbers)}", created_at=now, finished_at=now)


def make_anomaly(kind: str = "metric", **fields: Any) -> Anomaly:
    """One row of the queue, as a scan of `make_scan` leaves it; a revenue fall unless said otherwise."""
    scan = fields.pop("scan", None) or Scan.objects.first() or make_scan()
    day = {"actual": 100.0, "expected": 900.0, "lower": 500.0, "upper": 1500.0}
    values: dict[str, Any] = {
        "key": f"test-{next(_numbers)}",
        "detector": "seasonal_residual:stl",
        "severity": 50.0,
        "anomaly_score": 6.0,
        "threshold": 4.0,
        "summary": "Revenue 89 % below what was expected on Tuesday 4 November 2025: 100 GBP instead of 900 GBP.",
        "reasons": [{"feature": "orders", "value": 2, "typical": 20, "times": 0.1, "direction": "below"}],
        "evidence": {"series": [{"day": "2025-11-04", **day}], "uploads": [], **day},
        "money": "800.00",
        "occurred_on": date(2025, 11, 4),
        "created_at": scan.finished_at,
        "updated_at": scan.finished_at,
        **fields,
    }
    return Anomaly.objects.create(kind=kind, first_scan=scan, latest_scan=scan, **values)


def refreshed(run: Run) -> Snapshot:
    """Do a refresh in this process; the snapshot that its result names."""
    do_run(run)
    assert run.state == Run.State.SUCCEEDED, (run.error_code, run.error)
    return Snapshot.objects.get(pk=(run.result or {})["snapshot"])


def do_run(run: Run) -> Run:
    """Do a run in this process, as its child would; its row as it stands afterwards."""
    lease = acquire(run.pk, owner="test")
    assert lease is not None, run.state
    perform(lease)
    run.refresh_from_db()
    return run


CSV = "order,date,customer,item,quantity,price\nA1,2025-01-02,ann,cup,2,4.50\nA2,2025-01-03,bob,cup,1,4.50\n"


def make_upload(text: str | bytes = CSV, *, name: str = "sales.csv", by: User | None = None) -> Upload:
    """A file that was received and nothing more; its sniff waits in `latest_run`."""
    data = text if isinstance(text, bytes) else text.encode()
    return store_upload(name=name, chunks=[data], source=Upload.Source.BROWSER, by=by)[0]


def sniffed(upload: Upload) -> Upload:
    if upload.latest_run is not None and upload.latest_run.is_active:
        do_run(upload.latest_run)
    return Upload.objects.get(pk=upload.pk)


def imported(upload: Upload, mapping: dict[str, Any] | None = None, *, publish: bool = True) -> Upload:
    """Sniff, confirm (the proposal unless given) and import; the upload as it stands afterwards."""
    found = sniffed(upload)
    assert found.sniff is not None, found.error
    do_run(confirm_mapping(upload=found, mapping=mapping or found.sniff["proposal"], by=None, publish=publish))
    return Upload.objects.get(pk=upload.pk)


def undone(upload: Upload) -> Upload:
    do_run(undo_upload(upload=upload, by=None))
    return Upload.objects.get(pk=upload.pk)


def make_upload_with_rejected() -> Upload:
    """A published upload with one rejected line."""
    return imported(make_upload(CSV + "A3,2025-02-31,ann,cup,1,4.50\n"))


ENTRY: list[Any] = [{"feature": "orders_12m", "operator": ">=", "value": 6}]
STAY: list[Any] = [{"feature": "orders_12m", "operator": ">=", "value": 4}]


def make_customer(external_id: str = "") -> Customer:
    name = external_id or f"customer-{next(_numbers)}"
    return Customer.objects.create(external_id=name, search_key=name.casefold(), created_at=timezone.now())


def make_rules(entry: list[Any] = ENTRY, stay: list[Any] = STAY, *, is_active: bool = True) -> RuleVersion:
    """A version of the Insiders' rules, in force unless told otherwise."""
    version = propose_rules(programme=default_programme(), entry=entry, stay=stay, by=None)
    return activate_rules(version=version, by=None) if is_active else version


def make_review(state: str = Review.State.PROPOSED) -> Review:
    """A review on its own, of a snapshot without scores: for pages that only show it."""
    now, version = timezone.now(), make_rules()
    snapshot = Snapshot.objects.create(
        as_of=date(2025, 12, 31),
        unit="day",
        holdout_days=0,
        horizon_days=365,
        state=Snapshot.State.PUBLISHED,
        fingerprint=f"test-{next(_numbers)}",
        created_at=now,
        published_at=now,
        score_table="a",
    )
    review = Review.objects.create(
        programme=version.programme,
        rule_version=version,
        snapshot=snapshot,
        fingerprint=f"test-{next(_numbers)}",
        state=state,
        created_at=now,
    )
    ReviewDecision.objects.create(review=review, customer=make_customer(), kind="joined", reasons=[])
    return review


def reviewed(*, approver: User | None = None) -> Review:
    """Do a review of the current results in this process."""
    return Review.objects.get(pk=(do_run(request_review(by=None, approver=approver)).result or {})["review"])
