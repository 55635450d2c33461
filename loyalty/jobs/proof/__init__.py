"""The parts of reading experiments: outcomes from the ledger, effects, and what shows without a control."""
