"""Odd and bad files, each with its verdict.

RF: the file is refused with a code and a sentence. RR: the named lines are rejected with a reason, the others come in.
AX: everything comes in with exact values. AW: everything comes in, with a visible warning. ASK: a person decides.
"""

from tests.crm.intake_corpus.base import HEADER, ROWS, Case, row, table
from tests.crm.intake_corpus.columnar import PARQUETS
from tests.crm.intake_corpus.json_files import JSONS
from tests.crm.intake_corpus.packed import PACKED
from tests.crm.intake_corpus.text import TEXTS
from tests.crm.intake_corpus.workbooks import WORKBOOKS

CASES = [*TEXTS, *PACKED, *WORKBOOKS, *PARQUETS, *JSONS]

__all__ = ["CASES", "HEADER", "ROWS", "Case", "row", "table"]
