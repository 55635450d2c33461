"""Question 4: the members' share of revenue."""

from decimal import Decimal

from loyalty import scores
from loyalty.jobs.answers.material import Answer, Material, chart, counted, day, decimal, money, percent, table

GROUP_NAMES = {"members": "Members", "candidates": "Candidates", "rest": "Rest", "all": "All together"}


def share_of_revenue(material: Material) -> Answer:
    revenue = revenue_of_groups(material)
    everything, identified = material.total("revenue"), material.total("identified_revenue")
    mine = revenue["members"]
    share, of_identified = _share(mine, everything), _share(mine, identified)
    text = (
        f"Members brought {money(mine)} of {money(everything)}, which is {percent(share)} of the revenue of all "
        f"accepted lines, and {percent(of_identified)} of what identified customers brought."
        if everything > 0
        else "Members brought 0 % of the revenue, because none was accepted up to this day."
    )
    names = [GROUP_NAMES.get(name, "Guests") for name in revenue]
    return counted(
        material,
        "What is their share of revenue?",
        text,
        share,
        basis=(
            f"net revenue (returns taken off) of all accepted lines up to {day(material.as_of)}, guests included; the "
            "share of identified customers' revenue stands beside it"
        ),
        charts=[
            chart(
                "Share of revenue by group",
                names,
                [("Share of revenue", [_share(amount, everything) for amount in revenue.values()])],
                unit="%",
                x_label="Group",
                is_share=True,
            )
        ],
        tables=[_table(material, revenue)],
        evidence=[
            ("Every line behind it", "lines:members"),
            ("Members by revenue", "/insiders/"),
            ("Uploads", "/uploads/"),
        ],
        change="Other members, returns, or lines that are imported or taken back.",
        share_of_identified=of_identified,
        revenue=decimal(mine),
        total_revenue=decimal(everything),
        identified_revenue=decimal(identified),
    )


def revenue_of_groups(material: Material) -> dict[str, Decimal]:
    """Exact net revenue of members, candidates, the rest, and guests."""
    keys = material.table["customer_key"]
    masks = {"members": material.is_member, "candidates": material.is_candidate}
    found = {name: scores.money_of(material.snapshot, keys[mask].tolist(), "revenue") for name, mask in masks.items()}
    # Identified lines before the first purchase line of a customer are nobody's in the scores.
    rest = material.total("identified_revenue") - sum(found.values())
    return {**found, "rest": rest, "guests": material.total("guest_revenue")}


def _table(material: Material, revenue: dict[str, Decimal]) -> dict[str, object]:
    everything, identified = material.total("revenue"), material.total("identified_revenue")
    counts = {
        "members": material.members,
        "candidates": int(material.is_candidate.sum()),
        "rest": int(material.is_rest.sum()),
    }
    rows = [
        [
            GROUP_NAMES.get(name, "Guests"),
            f"{counts[name]:,}" if name in counts else "–",
            money(amount),
            percent(_share(amount, everything)),
            percent(_share(amount, identified)) if name in counts else "–",
        ]
        for name, amount in revenue.items()
    ]
    columns = ["Group", "Customers", "Revenue", "Of all revenue", "Of identified customers' revenue"]
    return table("Revenue by group", columns, rows)


def _share(part: Decimal, whole: Decimal) -> float:
    return round(float(part / whole), 9) if whole > 0 else 0.0
