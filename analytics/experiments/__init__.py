"""The numbers of experiments: drawing groups, planning, reading effects, and what to say of them.

`drawing`, `planning` and `sequential` need numpy at most and may be loaded by pages; the rest needs scipy or
statsmodels and belongs to jobs.
"""
