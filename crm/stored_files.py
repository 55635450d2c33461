"""Who stores files: apps name themselves here when they start, so it loads nothing."""

# Dotted paths of functions without arguments; each yields `crm.ledger.verifying.Claim`s for the files of one app.
CLAIM_SOURCES: list[str] = ["crm.ledger.verifying.ledger_claims"]
