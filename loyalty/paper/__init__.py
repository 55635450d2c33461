"""The report on paper: one self-contained HTML file, or a PDF. Both say what the page says, from the same frozen data.

Neither holds a list of customers, so whoever may read the report may have them. The library that writes PDF is loaded
when one is asked for.
"""

from loyalty.paper.html import html, svg
from loyalty.paper.pdf import pdf

__all__ = ["html", "pdf", "svg"]
