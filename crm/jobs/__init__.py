"""Batch work on files and the ledger. Each module holds one job, started in a process of its own."""
