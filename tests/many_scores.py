"""Very many customers at once, for tests of order and of query plans."""

import random
from datetime import date

from django.utils import timezone

from crm.models import Customer
from segmentation.models import ScoreA, Snapshot, SnapshotPointer


def make_scores(count: int) -> Snapshot:
    """A published snapshot with rows for so many customers, made up and written straight into a table: for plans."""
    now, first, latest = timezone.now(), date(2025, 1, 1), date(2025, 12, 1)
    snapshot = Snapshot.objects.create(
        as_of=date(2025, 12, 31),
        unit="day",
        holdout_days=0,
        horizon_days=365,
        state=Snapshot.State.PUBLISHED,
        fingerprint=f"many-{count}",
        created_at=now,
        published_at=now,
        score_table="a",
        customers=count,
        segments=[{"segment": 1, "name": "Big", "size": count, "revenue": "1.00", "share": 1.0}],
    )
    SnapshotPointer.objects.update_or_create(pk=1, defaults={"snapshot": snapshot})
    names = [f"C{number:07d}" for number in range(count)]
    Customer.objects.bulk_create(Customer(external_id=n, search_key=n.casefold(), created_at=now) for n in names)
    keys = dict(Customer.objects.values_list("external_id", "pk"))
    generator = random.Random(7)
    ScoreA.objects.bulk_create(
        ScoreA(
            snapshot_id=snapshot.pk,
            customer_id=keys[name],
            first_purchase_on=first,
            latest_purchase_on=latest,
            **dict.fromkeys(("frequency", "recency", "T", "monetary_value", "distinct_items", "return_rate"), 0),
            **dict.fromkeys(("gross_revenue", "returned_value", "revenue_12m", "orders_12m", "items"), 0),
            average_order_value=0,
            days_since_last_purchase=generator.randrange(365),
            order_count=generator.randrange(1, 40),
            revenue=round(generator.uniform(0, 5000), 2),
            clv=None if generator.random() < 0.02 else round(generator.uniform(0, 900), 1),
            segment_id=1 + generator.randrange(3),
            rfm_group=generator.choice(["loyal", "new", "lost"]),
            tier=generator.choice(["platinum", "gold", "silver", "silver", "silver"]),
        )
        for name in names
    )
    return snapshot
