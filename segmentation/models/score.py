"""The current snapshot's scores as rows, for search, sort and pages.

Two tables with the same columns take turns: the idle one is emptied, loaded without indexes, indexed, and then the
pointer swaps. Replacing a million rows in place takes two minutes; this takes seconds, and no reader sees half of it.
"""

from django.db import models

from crm.models import Customer


class Score(models.Model):
    """One customer in one snapshot. Names and units are those of docs/glossary.md."""

    snapshot_id = models.BigIntegerField()
    # No constraint in the database: rows are loaded in bulk, and keys come from the ledger that made them.
    customer = models.OneToOneField(
        Customer, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    first_purchase_on = models.DateField()
    latest_purchase_on = models.DateField()
    frequency = models.PositiveIntegerField()
    recency = models.FloatField()
    T = models.FloatField(db_column="t_age")
    monetary_value = models.DecimalField(max_digits=20, decimal_places=6)
    days_since_last_purchase = models.PositiveIntegerField()
    order_count = models.PositiveIntegerField()
    revenue = models.DecimalField(max_digits=20, decimal_places=6)
    gross_revenue = models.DecimalField(max_digits=20, decimal_places=6)
    returned_value = models.DecimalField(max_digits=20, decimal_places=6)
    revenue_12m = models.DecimalField(max_digits=20, decimal_places=6)
    orders_12m = models.PositiveIntegerField()
    average_order_value = models.DecimalField(max_digits=20, decimal_places=6)
    items = models.DecimalField(max_digits=20, decimal_places=6)
    distinct_items = models.PositiveIntegerField()
    return_rate = models.FloatField()
    country = models.CharField(max_length=80, blank=True)
    p_alive = models.FloatField(null=True)
    expected_purchases = models.FloatField(null=True)
    clv = models.FloatField(null=True)
    clv_12m = models.FloatField(null=True)
    value_reason = models.CharField(max_length=40, blank=True, help_text="Why a value is missing or wide.")
    segment_id = models.BigIntegerField()
    rfm_group = models.CharField(max_length=16)
    tier = models.CharField(max_length=8)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Score of customer {self.customer_id}"


class ScoreA(Score):
    class Meta:
        db_table = "segmentation_score_a"
        indexes = [
            models.Index(fields=["-clv", "customer"], name="score_a_clv"),
            models.Index(fields=["-revenue", "customer"], name="score_a_revenue"),
            models.Index(fields=["-order_count", "customer"], name="score_a_orders"),
            models.Index(fields=["days_since_last_purchase", "customer"], name="score_a_recent"),
            models.Index(fields=["segment_id", "-clv", "customer"], name="score_a_segment"),
            models.Index(fields=["tier", "-clv", "customer"], name="score_a_tier"),
            models.Index(fields=["rfm_group", "-clv", "customer"], name="score_a_rfm"),
        ]


class ScoreB(Score):
    class Meta:
        db_table = "segmentation_score_b"
        indexes = [
            models.Index(fields=["-clv", "customer"], name="score_b_clv"),
            models.Index(fields=["-revenue", "customer"], name="score_b_revenue"),
            models.Index(fields=["-order_count", "customer"], name="score_b_orders"),
            models.Index(fields=["days_since_last_purchase", "customer"], name="score_b_recent"),
            models.Index(fields=["segment_id", "-clv", "customer"], name="score_b_segment"),
            models.Index(fields=["tier", "-clv", "customer"], name="score_b_tier"),
            models.Index(fields=["rfm_group", "-clv", "customer"], name="score_b_rfm"),
        ]


SCORE_TABLES: dict[str, type[Score]] = {"a": ScoreA, "b": ScoreB}
