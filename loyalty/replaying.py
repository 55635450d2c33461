"""Rules over a row of past days, each reviewed as if they had been in force: how often would members have changed?

Pure: tables and dates in, counts out; the decisions are those of the review itself (`loyalty.evaluation`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from analytics.scoring import rules as scoring
from analytics.scoring.rules import Condition
from loyalty.evaluation import JOINED, LEFT, RENEWED, WARNED, Decision, Terms, evaluate
from loyalty.replay import Standing

Table = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """One past review: the list after it, and who changed. `returned` joined after having left before."""

    as_of: date
    members: int
    joined: int
    left: int
    warned: int
    renewed: int
    returned: int


@dataclass
class Course:
    """Rules on their way through the past: the list as it would have stood, and what each review would have done."""

    entry: Sequence[Condition]
    stay: Sequence[Condition]
    grace_days: int
    most_members: int | None
    steps: list[Step] = field(default_factory=list)
    members: dict[int, Standing] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    came_back: set[int] = field(default_factory=set)

    def review(self, as_of: date, table: Table) -> None:
        """Review the list on one more, later day."""
        terms = Terms(
            entry=scoring.freeze(self.entry, table),
            stay=scoring.freeze(self.stay, table),
            as_of=as_of,
            grace_days=self.grace_days,
            most_members=self.most_members,
        )
        found = evaluate(table, terms, self.members)
        returned = 0
        for decision in found.decisions:
            returned += decision.kind == JOINED and decision.customer_key in self.gone
            self._apply(decision, as_of)
        counts = {kind: found.counts[kind] for kind in (JOINED, LEFT, WARNED, RENEWED)}
        self.steps.append(Step(as_of=as_of, members=found.members, returned=returned, **counts))

    def _apply(self, decision: Decision, as_of: date) -> None:
        key = decision.customer_key
        if decision.kind == LEFT:
            del self.members[key]
            self.gone.add(key)
        elif decision.kind == JOINED:
            self.members[key] = Standing(as_of)
            self.came_back |= {key} & self.gone
        else:
            self.members[key] = Standing(self.members[key].entered_on, decision.grace_until)

    def as_json(self) -> dict[str, Any]:
        """`leaving` is the mean share of a list that the next review ended; None with fewer than two reviews."""
        pairs = list(zip(self.steps[:-1], self.steps[1:], strict=True))
        shares = [after.left / before.members for before, after in pairs if before.members]
        return {
            "steps": [{**asdict(step), "as_of": step.as_of.isoformat()} for step in self.steps],
            "ever": len(self.gone | self.members.keys()),
            "came_back": len(self.came_back),
            "leaving": sum(shares) / len(shares) if shares else None,
        }


def run_over(courses: Sequence[Course], days: Iterable[tuple[date, Table]]) -> None:
    """Review by each of the rules, day by day; every table is read once and let go."""
    for as_of, table in days:
        for course in courses:
            course.review(as_of, table)
