"""Which lines are no merchandise: postage, bank charges, fees, samples and manual corrections.

They count in all totals. They are flagged, so that a person can see how much they come to.
"""

from crm.ledger.reading import quoted

CODES = (
    *("POST", "DOT", "C2", "M", "B", "D", "S", "CRUK", "AMAZONFEE", "BANK CHARGES"),
    *("POSTAGE", "SHIPPING", "DELIVERY", "FEE", "DISCOUNT", "ADJUST", "SAMPLE", "SAMPLES", "MANUAL"),
)
WORDS = "postage|carriage|shipping|delivery charge|bank charge|amazon fee|sample|manual|discount|commission|bad debt"


def service_sql() -> str:
    """True for a line whose item code is a service's, or has no number and a description that speaks of one.

    The number matters: a mug called "Postage stamp" has an article number like every other mug.
    """
    code, words = "upper(coalesce(item_id, ''))", f"regexp_matches(lower(coalesce(description, '')), {quoted(WORDS)})"
    # In the order of cost: most codes end in a number, and then nothing else has to be asked.
    return f"""CASE WHEN {code} IN ({", ".join(map(quoted, CODES))}) THEN true
        WHEN right({code}, 1) BETWEEN '0' AND '9' THEN false
        WHEN regexp_full_match({code}, '[A-Z ]+') THEN {words} ELSE false END"""
