"""Reads of the programme: finished values for pages, API and commands."""
