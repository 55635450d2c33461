"""Places that are looked at without a person: a watched folder, a web address, a prefix of object storage.

Each kind is one module with one function `look(inbox, now)`, which says what is there. What is done with it is the
same for all, and stands in `crm.jobs.fetch`.
"""

from crm.sources.found import Found, SourceProblem
from crm.sources.places import check_location, date_names

__all__ = ["Found", "SourceProblem", "check_location", "date_names"]
