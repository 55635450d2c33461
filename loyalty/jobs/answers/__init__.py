"""The nine questions of the report, each answered from one snapshot and one state of the list."""
