"""Reading files from outside: bytes to text, text to a table of text, text to typed lines or a reason.

Runs only in the limited child process of a job, never in the web or the worker.
"""
