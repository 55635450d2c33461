"""The scan. Loaded by its own child process only."""
