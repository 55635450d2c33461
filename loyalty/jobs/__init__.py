"""The review and the report: batch work, loaded only in the child process that does it."""
