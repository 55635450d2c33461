"""The mapping step's proposal: kind, columns, formats, what is certain, and what a person has to say."""

from typing import Any

import duckdb

from crm.fields import KINDS
from crm.intake.dialect import Dialect
from crm.intake.formats import KnownFormat, known_by_header, known_by_shape, normalised
from crm.intake.profiling import ColumnProfile, profile_columns
from crm.intake.proposal.choices import find_choices
from crm.intake.proposal.columns import Guess, assign, contradictions
from crm.intake.proposal.dates import WholeFile, settle_dates
from crm.intake.proposal.found import CERTAIN, Proposal, position_of
from crm.intake.proposal.kinds import choose_kind, kind_reason, rate_kinds
from crm.intake.proposal.numbers import drop_repeated_total, settle_numbers
from crm.intake.values import AMBIGUOUS

__all__ = ["Proposal", "position_of", "propose", "tried"]

# What another file says nothing about: how this one is read shows in it, and the currency is the installation's.
FORGOTTEN = {"encoding", "delimiter", "header", "currency", "sheet"}
WRITTEN = {".": "1,234.56", ",": "1.234,56"}


def propose(
    connection: duckdb.DuckDBPyConnection,
    dialect: Dialect,
    *,
    remembered: dict[str, Any] | None,
    wanted: dict[str, Any] | None = None,
    whole_file: WholeFile | None = None,
) -> tuple[Proposal, dict[str, ColumnProfile]]:
    """Look at the header and at the values of `raw`; `wanted` is what a person said already (a kind, columns)."""
    profiles = profile_columns(connection, dialect)
    kind = (wanted or {}).get("kind", "")
    if remembered and kind in ("", remembered.get("kind", "transactions")):
        proposal = _remembered(remembered)
    else:
        proposal = _known(dialect, kind) or _by_looks(connection, dialect, profiles, kind)
    expected = dict(proposal.options)
    settle_dates(connection, dialect, profiles, proposal, whole_file)
    settle_numbers(connection, dialect, proposal)
    drop_repeated_total(connection, dialect, proposal)
    if remembered:
        _ask_about_changes(proposal, expected)
    find_choices(connection, dialect, profiles, proposal)
    _settle_required(proposal)
    return proposal, profiles


def tried(
    connection: duckdb.DuckDBPyConnection,
    dialect: Dialect,
    profiles: dict[str, ColumnProfile],
    proposal: Proposal,
    wanted: dict[str, Any],
) -> Proposal:
    """The proposal as a person changed it so far: what is still open, and what it finds in the data."""
    if not wanted.get("columns"):
        return proposal
    columns = {name: column for name, column in wanted["columns"].items() if column in dialect.header}
    attempt = Proposal(kind=proposal.kind, columns=columns, options={**proposal.options, **wanted["options"]})
    said = {*columns, *wanted["options"], "kind", "customer_id", "order_id"}
    attempt.uncertain = [
        item for item in proposal.uncertain if item["field"] not in said and item["field"] not in _required(attempt)
    ]
    find_choices(connection, dialect, profiles, attempt)
    _settle_required(attempt)
    return attempt


def _required(proposal: Proposal) -> set[str]:
    return {name for requirement in KINDS[proposal.kind].required for name in requirement.fields}


def _remembered(mapping: dict[str, Any]) -> Proposal:
    options = {name: value for name, value in mapping["options"].items() if name not in FORGOTTEN}
    reason = "As confirmed for the last file with this header."
    return _sure("Remembered", mapping.get("kind", "transactions"), mapping["columns"], options, reason)


def _known(dialect: Dialect, kind: str) -> Proposal | None:
    known = known_by_header(dialect.header) if dialect.has_header else known_by_shape(dialect.rows)
    if known is None or (kind and kind != known.kind):
        return None
    if dialect.has_header:
        found = {normalised(name): name for name in dialect.header}
        reason = f"The header is that of {known.name}."
    else:
        found = dict(zip(known.columns, dialect.header, strict=True))
        reason = f"The values have the shape of {known.name}."
    return _of_known(known, found, reason)


def _of_known(known: KnownFormat, found: dict[str, str], reason: str) -> Proposal:
    columns = {name: found[column] for name, column in known.fields.items()}
    options = {**known.options, **({"attributes": [found[column] for column in known.kept]} if known.kept else {})}
    proposal = _sure(known.name, known.kind, columns, options, reason)
    proposal.kind_reason = reason
    return proposal


def _sure(name: str, kind: str, columns: dict[str, str], options: dict[str, Any], reason: str) -> Proposal:
    proposal = Proposal(name, kind, reason, options=dict(options))
    for field, column in columns.items():
        proposal.take(field, column, 1.0, reason)
    return proposal


def _by_looks(
    connection: duckdb.DuckDBPyConnection, dialect: Dialect, profiles: dict[str, ColumnProfile], kind: str
) -> Proposal:
    """By names and values; the kind is the one that the table says most for, unless a person named it."""
    found = {name: assign(connection, dialect, profiles, name) for name in ([kind] if kind else KINDS)}
    proposal = Proposal(kind=kind, kind_reason="As you chose.")
    if not kind:
        proposal.kind, rival = choose_kind(rate_kinds(found, profiles))
        proposal.kind_reason = kind_reason(proposal.kind, found[proposal.kind])
        if rival and not list(KINDS[rival].missing(found[rival])):
            one, other = (str(KINDS[name].label).lower() for name in (proposal.kind, rival))
            proposal.ask("kind", f"Does this file hold {one} or {other}?")
    _take(proposal, found[proposal.kind])
    for sentence in contradictions(profiles, proposal.kind):
        proposal.note("contradiction", sentence)
    return proposal


def _take(proposal: Proposal, guesses: dict[str, Guess]) -> None:
    """Fields that matter are asked about where they are not certain; so is every other told by a name alone."""
    needed = {*_required(proposal), "customer_id", "order_id"}
    for name in KINDS[proposal.kind].names:
        if name not in guesses:
            continue
        guess = guesses[name]
        proposal.take(name, guess.column, guess.score, guess.reason)
        if guess.score < CERTAIN and name in needed:
            label = str(KINDS[proposal.kind].field(name).label).lower()
            proposal.ask(name, f"Is “{guess.column}” really the {label}? {guess.reason}")


def _ask_about_changes(proposal: Proposal, expected: dict[str, Any]) -> None:
    """Another style of numbers, or day and month the other way round, may be a mistake; other date forms are plain."""
    for name, what in (("date_format", "dates"), ("decimal", "numbers")):
        before, now = expected.get(name), proposal.options.get(name)
        is_plain = name == "date_format" and {before, now} not in AMBIGUOUS
        if before and now and before != now and not proposal.is_asked(name) and not is_plain:
            proposal.ask(
                name,
                f"The last file with this header had {what} like {WRITTEN.get(before, before)}; "
                f"this one reads better like {WRITTEN.get(now, now)}. Is that right?",
            )


def _settle_required(proposal: Proposal) -> None:
    for requirement in KINDS[proposal.kind].missing(proposal.columns):
        proposal.ask(requirement.fields[0], str(requirement.question))
    if proposal.kind == "transactions" and "customer_id" not in proposal.columns:
        proposal.ask("customer_id", "Which column says who bought? Without one, every line is a guest sale.")
