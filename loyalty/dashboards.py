"""Views for dashboards elsewhere: a few read-only tables in plain SQL whose columns we keep. See docs/dashboards.md.

They are dropped before migrations and made anew after them, for a table that a view looks at can't be altered. No view
holds a name, an address or what people wrote; a customer is the outside id that the shop's own systems use.
"""

from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

READER = "insiders_reader"
CURRENT = "SELECT snapshot_id FROM segmentation_snapshotpointer WHERE id = 1"
FIGURES = """first_purchase_on, latest_purchase_on, days_since_last_purchase, order_count, orders_12m, revenue,
    revenue_12m, average_order_value, return_rate, p_alive, expected_purchases, clv, clv_12m, rfm_group, tier, country,
    segment_id, snapshot_id, customer_id"""
CUSTOMERS = f"""
SELECT customer.external_id AS customer_id, score.first_purchase_on, score.latest_purchase_on,
    score.days_since_last_purchase, score.order_count, score.orders_12m, score.revenue, score.revenue_12m,
    score.average_order_value, score.return_rate, score.p_alive, score.expected_purchases, score.clv, score.clv_12m,
    score.rfm_group, score.tier, score.country, segment.name AS segment, snapshot.as_of
FROM (
    SELECT {FIGURES} FROM segmentation_score_a UNION ALL SELECT {FIGURES} FROM segmentation_score_b
) AS score
JOIN segmentation_snapshot AS snapshot ON snapshot.id = score.snapshot_id
JOIN crm_customer AS customer ON customer.id = score.customer_id
LEFT JOIN segmentation_segment AS segment ON segment.id = score.segment_id
WHERE score.snapshot_id = ({CURRENT})
"""
MEMBERS = """
SELECT programme.name AS programme, customer.external_id AS customer_id, membership.entered_on, membership.left_on,
    membership.grace_until, CASE WHEN membership.left_on IS NULL THEN 1 ELSE 0 END AS is_member
FROM loyalty_membership AS membership
JOIN loyalty_programme AS programme ON programme.id = membership.programme_id
JOIN crm_customer AS customer ON customer.id = membership.customer_id
"""
EVENTS = """
SELECT event.id AS event, programme.name AS programme, customer.external_id AS customer_id, event.kind,
    event.effective_on, event.grace_until, event.review_id AS review, version.number AS rules,
    snapshot.as_of AS results_as_of, event.snapshot_id AS snapshot, event.at AS decided_at
FROM loyalty_membershipevent AS event
JOIN loyalty_programme AS programme ON programme.id = event.programme_id
JOIN loyalty_ruleversion AS version ON version.id = event.rule_version_id
JOIN segmentation_snapshot AS snapshot ON snapshot.id = event.snapshot_id
JOIN crm_customer AS customer ON customer.id = event.customer_id
"""
SEGMENTS = f"""
SELECT snapshot.as_of, snapshot.id AS snapshot, summary.segment_id AS segment, summary.name, summary.size AS customers,
    summary.revenue, summary.share, CASE WHEN snapshot.id = ({CURRENT}) THEN 1 ELSE 0 END AS is_current
FROM segmentation_segmentsummary AS summary
JOIN segmentation_snapshot AS snapshot ON snapshot.id = summary.snapshot_id
WHERE snapshot.state = 'published'
"""
ANOMALIES = """
SELECT anomaly.id AS anomaly, anomaly.kind, anomaly.status, anomaly.severity, anomaly.anomaly_score, anomaly.threshold,
    anomaly.money, anomaly.occurred_on, customer.external_id AS customer_id, anomaly.created_at, anomaly.updated_at
FROM anomalies_anomaly AS anomaly
LEFT JOIN crm_customer AS customer ON customer.id = anomaly.customer_id
"""
# One row a figure: from each published snapshot, and from each review that was applied. Two reviews of one snapshot,
# with other rules, are two rows of one day; the review's number tells the newer.
METRICS = """
SELECT snapshot.as_of AS day, '' AS programme, 'customers' AS metric, snapshot.customers * 1.0 AS value,
    'customers' AS unit, snapshot.id AS snapshot, CAST(NULL AS bigint) AS review
FROM segmentation_snapshot AS snapshot WHERE snapshot.state = 'published'
UNION ALL
SELECT snapshot.as_of, '', 'revenue of segments', SUM(summary.revenue) * 1.0, 'money', snapshot.id, NULL
FROM segmentation_segmentsummary AS summary
JOIN segmentation_snapshot AS snapshot ON snapshot.id = summary.snapshot_id
WHERE snapshot.state = 'published' GROUP BY snapshot.id, snapshot.as_of
"""
REVIEWED = ("members", "joined", "left", "warned", "eligible")
METRICS += "".join(
    f"""UNION ALL
SELECT snapshot.as_of, programme.name, '{name}', review."{name}" * 1.0, 'customers', snapshot.id, review.id
FROM loyalty_review AS review
JOIN loyalty_programme AS programme ON programme.id = review.programme_id
JOIN segmentation_snapshot AS snapshot ON snapshot.id = review.snapshot_id
WHERE review.state = 'applied' AND review.kind = 'regular'
"""
    for name in REVIEWED
)
VIEWS = {
    "dashboard_customers": CUSTOMERS,
    "dashboard_members": MEMBERS,
    "dashboard_events": EVENTS,
    "dashboard_segments": SEGMENTS,
    "dashboard_anomalies": ANOMALIES,
    "dashboard_metrics": METRICS,
}
TABLES = frozenset(
    {
        *("segmentation_snapshotpointer", "segmentation_score_a", "segmentation_score_b", "segmentation_snapshot"),
        *("segmentation_segment", "segmentation_segmentsummary", "crm_customer", "anomalies_anomaly"),
        *(
            "loyalty_membership",
            "loyalty_membershipevent",
            "loyalty_programme",
            "loyalty_ruleversion",
            "loyalty_review",
        ),
    }
)


def drop_views(**_signal: Any) -> None:
    """Before migrations."""
    with connection.cursor() as cursor:
        for name in VIEWS:
            cursor.execute(f"DROP VIEW IF EXISTS {name}")


def create_views(**_signal: Any) -> None:
    """After migrations, when every table is there; what is there already stays."""
    with connection.cursor() as cursor:
        found = {info.name for info in connection.introspection.get_table_list(cursor)}
        if not found >= TABLES or set(VIEWS) <= found:
            return
        for name, query in VIEWS.items():
            cursor.execute(f"DROP VIEW IF EXISTS {name}")
            cursor.execute(f"CREATE VIEW {name} AS {query}")
        if connection.vendor == "postgresql":
            _grant_to_known_reader(cursor)


def grant_sql(role: str) -> list[str]:
    """What lets a role read the views and nothing else."""
    quoted = connection.ops.quote_name(role)
    return [
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        *(f"GRANT SELECT ON {name} TO {quoted}" for name in VIEWS),
    ]


def _grant_to_known_reader(cursor: CursorWrapper) -> None:
    """Rights go with a view that is dropped: the readers that we made get them again."""
    cursor.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE %s", [f"{READER}%"])
    for (role,) in cursor.fetchall():
        for statement in grant_sql(role):
            cursor.execute(statement)
