"""Proposed rules: readable, true to the group, and easier to stay in than to enter."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.rules import NoRuleError, propose
from analytics.scoring.rules import evaluate, is_easier

NAMES = ["revenue_12m", "orders_12m", "days_since_last_purchase"]


def base(size: int = 1200, seed: int = 2) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    orders = generator.poisson(3, size) + 1
    return pd.DataFrame(
        {
            "orders_12m": orders,
            "revenue_12m": orders * generator.lognormal(5, 0.6, size),
            "days_since_last_purchase": generator.integers(0, 365, size),
        }
    )


def test_a_planted_rule_is_found_again_in_round_numbers() -> None:
    table = base()
    target = (table["revenue_12m"] >= 1000) & (table["days_since_last_purchase"] <= 90)
    proposal = propose(table, target, names=NAMES, currency="GBP", random_state=1)
    found = {condition["feature"]: condition for condition in proposal.entry}
    assert set(found) == {"revenue_12m", "days_since_last_purchase"}
    assert found["revenue_12m"]["operator"] == ">="
    assert found["revenue_12m"]["value"] == pytest.approx(1000, rel=0.1)
    assert found["days_since_last_purchase"]["value"] == pytest.approx(90, abs=5)
    assert proposal.precision > 0.95
    assert proposal.recall > 0.95
    assert "GBP" in proposal.text


def test_the_counts_on_either_side_are_those_of_the_rule() -> None:
    table = base()
    target = (table["orders_12m"] >= 5).to_numpy() & (np.arange(len(table)) % 10 > 0)
    proposal = propose(table, target, names=NAMES, random_state=1)
    inside = evaluate(proposal.entry, table)
    assert proposal.members == inside.sum()
    assert proposal.in_both == (inside & target).sum()
    assert proposal.only_rule == (inside & ~target).sum()
    assert proposal.only_target == (target & ~inside).sum()
    assert proposal.precision == proposal.in_both / proposal.members
    assert proposal.recall == proposal.in_both / proposal.target_size


def test_counts_are_asked_for_in_whole_numbers() -> None:
    table = base()
    proposal = propose(table, table["orders_12m"] >= 4, names=NAMES, random_state=1)
    assert proposal.entry == [{"feature": "orders_12m", "operator": ">=", "value": 4}]
    assert proposal.stay == [{"feature": "orders_12m", "operator": ">=", "value": 3}]
    assert (proposal.precision, proposal.recall) == (1, 1)


def test_nobody_is_refused_for_spending_too_much() -> None:
    table = base()
    middle = (table["revenue_12m"] > 300) & (table["revenue_12m"] < 2000)
    proposal = propose(table, middle, names=NAMES, random_state=1)
    assert {condition["operator"] for condition in proposal.entry if condition["feature"] == "revenue_12m"} == {">="}


@given(seed=st.integers(0, 1000), factor=st.floats(0.3, 1.0), share=st.floats(0.05, 0.6))
@settings(max_examples=25, deadline=None)
def test_staying_is_never_harder_than_entering(seed: int, factor: float, share: float) -> None:
    table = base(300, seed)
    noise = np.random.default_rng(seed).normal(0, 300, len(table))
    score = table["revenue_12m"] + noise
    proposal = propose(table, score >= score.quantile(1 - share), names=NAMES, stay_factor=factor, random_state=seed)
    entering, staying = evaluate(proposal.entry, table), evaluate(proposal.stay, table)
    assert is_easier(proposal.stay, proposal.entry)
    assert not (entering & ~staying).any()
    assert proposal.stay_members == staying.sum() >= proposal.members


def test_the_same_seed_proposes_the_same() -> None:
    table = base()
    target = table["revenue_12m"] > 900
    assert propose(table, target, names=NAMES, random_state=3) == propose(table, target, names=NAMES, random_state=3)


@pytest.mark.parametrize("everyone", [True, False])
def test_a_target_of_nobody_or_everybody_is_refused(everyone: bool) -> None:
    table = base(50)
    with pytest.raises(NoRuleError, match="nobody to tell apart"):
        propose(table, np.full(50, everyone), names=NAMES, random_state=1)


def test_equal_customers_cannot_be_told_apart() -> None:
    table = pd.DataFrame({name: [5.0] * 40 for name in NAMES})
    with pytest.raises(NoRuleError, match="No figure"):
        propose(table, np.arange(40) < 10, names=NAMES, random_state=1)


def test_missing_figures_do_no_harm() -> None:
    table = base()
    target = table["orders_12m"] >= 5
    table.loc[::50, "revenue_12m"] = np.nan
    assert propose(table, target, names=NAMES, random_state=1).recall == 1


@pytest.mark.realdata
def test_the_best_segment_of_online_retail_is_told_in_two_conditions(test_data: Path) -> None:
    from analytics.segments import fit_segments

    lines = pd.read_csv(test_data / "online-retail" / "data.csv.gz", encoding="latin-1", dtype={"InvoiceNo": str})
    lines["amount"] = lines["Quantity"] * lines["UnitPrice"]
    lines["day"] = pd.to_datetime(lines["InvoiceDate"].str.split(" ").str[0], format="%m/%d/%Y")
    bought = lines[lines["CustomerID"].notna() & (lines["amount"] > 0)].groupby("CustomerID")
    table = pd.DataFrame({"order_count": bought["InvoiceNo"].nunique(), "revenue": bought["amount"].sum()})
    table["days_since_last_purchase"] = (lines["day"].max() - bought["day"].max()).dt.days
    table["average_order_value"] = table["revenue"] / table["order_count"]
    assert len(table) == 4338
    fit = fit_segments(table, random_state=0)
    assert fit.quality["k"] >= 3
    assert (fit.quality["stability_ari"] or 0) > 0.8
    proposal = propose(table, fit.labels == 0, names=list(table.columns), random_state=0)
    assert len(proposal.entry) <= 2
    assert proposal.precision > 0.9
    assert proposal.recall > 0.9
