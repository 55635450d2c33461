"""Tables that we have met, and the words that shops and trackers use for their columns.

To add a known table, add one `KnownFormat` to `known.py`; to teach a new word for a column, add it to `names.py`.
"""

from crm.intake.formats.known import KNOWN, KnownFormat, known_by_header, known_by_shape
from crm.intake.formats.names import by_name, normalised

__all__ = ["KNOWN", "KnownFormat", "by_name", "known_by_header", "known_by_shape", "normalised"]
