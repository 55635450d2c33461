"""What a review of some results would decide, with its draw: one answer for the review, for actions and for plans."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core import runs
from loyalty import scores
from loyalty.evaluation import JOINED, Evaluation, Exceptions, Terms, evaluate
from loyalty.exceptions import exceptions_of
from loyalty.experiments import Drawn, draw_joiners, running_control, values_of
from loyalty.models import Programme, Review, RuleVersion
from loyalty.replay import Standing
from loyalty.scores import Table
from loyalty.selectors.reviews import current_standings
from segmentation.models import Snapshot

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Outlook:
    """`exceptions.controls` holds whom the experiment keeps out already and whom this review's draw would keep out."""

    table: Table
    terms: Terms
    members: dict[int, Standing]
    exceptions: Exceptions
    found: Evaluation
    drawn: Drawn | None

    @property
    def is_joining(self) -> Mask:
        """Over the rows of the table: who would join."""
        joining = np.zeros(len(self.table["customer_key"]), dtype=bool)
        joining[[one.row for one in self.found.decisions if one.kind == JOINED and one.row is not None]] = True
        return joining


def look_ahead(
    programme: Programme, snapshot: Snapshot, version: RuleVersion, base: Review | None, *more: str
) -> Outlook:
    """Compare everybody with the rules, pins, cap and controls; `more` names further figures of the table.

    The draw is the one that the review makes: the same results and the same list before it draw the same people.
    """
    table = scores.read_table(snapshot, version, *more)
    limits: Any = {"grace_days": programme.grace_days, "most_members": programme.most_members}
    terms = scores.terms_of(version, snapshot, table, **limits)
    members, exceptions = current_standings(programme), exceptions_of(programme, snapshot.as_of)
    found = evaluate(table, terms, members, exceptions)
    drawn = _drawn(programme, snapshot, base, found, exceptions)
    if drawn is not None:
        exceptions = replace(exceptions, controls=exceptions.controls | drawn.controls)
        found = evaluate(table, terms, members, exceptions)
    return Outlook(table, terms, members, exceptions, found, drawn)


def _drawn(
    programme: Programme, snapshot: Snapshot, base: Review | None, found: Evaluation, exceptions: Exceptions
) -> Drawn | None:
    """Who of those that would join is kept out by chance; the same again when this attempt is repeated."""
    joining = [each.customer_key for each in found.decisions if each.kind == JOINED]
    keys = [key for key in joining if key not in exceptions.pinned_in]
    if not keys or running_control(programme) is None:
        return None
    mark = runs.fingerprint(snapshot.fingerprint, base and base.pk)
    return draw_joiners(programme, keys, values_of(snapshot, keys), mark)
