"""Confirming what a file's columns are."""

from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.models import Run, User
from core.runs import fingerprint, request_run
from core.services.audit import record_event
from crm.fields import KINDS
from crm.models import SavedMapping, Upload
from crm.selectors import is_real_data_published
from crm.services.completing import complete_upload
from crm.services.looking import release_upload, request_sniff
from crm.services.options import CHECKS, READING, MappingError, option_problems, problem, tidy_options

EMPTIABLE = ("company", "non_merchandise", "attributes")
REQUIRED = ("decimal", "guests", "time_zone", "currency")


def complete_mapping(mapping: dict[str, Any], sniff: dict[str, Any]) -> dict[str, Any]:
    """The mapping with every option filled from what was found in the file; MappingError where it has another shape.

    Columns that are left out are those of the proposal, where nothing about it is open.
    """
    if problems := list(_shape_problems(mapping)):
        raise MappingError(problems)
    proposal, options = sniff["proposal"], mapping.get("options") or {}
    kind = mapping.get("kind") or proposal["kind"]
    columns = mapping.get("columns")
    if columns is None:
        columns = proposal["columns"] if kind == proposal["kind"] else {}
        asked = [item for item in sniff.get("uncertain", []) if item["field"] not in options]
        if asked:
            raise MappingError([problem(item["field"], item["question"]) for item in asked])
    # Said to be nothing: all companies, the usual codes, no further columns.
    emptied = {name for name in EMPTIABLE if name in options and not options[name]}
    filled = {**tidy_options(proposal["options"]), **tidy_options(options)}
    complete = {
        "kind": kind,
        "columns": {name: column for name, column in columns.items() if column},
        "options": {name: value for name, value in filled.items() if name not in emptied},
    }
    return {**complete, "name": mapping["name"].strip()[:120]} if mapping.get("name") else complete


def _shape_problems(mapping: dict[str, Any]) -> Iterator[dict[str, str]]:
    for name in mapping.keys() - {"kind", "columns", "options", "name"}:
        yield problem("mapping", f"A mapping has no {name}; it has kind, columns and options.")
    columns, options = mapping.get("columns") or {}, mapping.get("options") or {}
    if not isinstance(columns, dict) or not all(isinstance(column, str | None) for column in columns.values()):
        yield problem("columns", "columns is an object: each field with the name of its column.")
    if not isinstance(options, dict):
        yield problem("options", "options is an object: each option with its value.")
    if not isinstance(mapping.get("name") or "", str):
        yield problem("name", "The name of a mapping is a text.")


def validate_mapping(mapping: dict[str, Any], sniff: dict[str, Any]) -> list[dict[str, str]]:
    """What is wrong with a completed mapping, as {field, sentence}; empty when it can be used."""
    if problems := list(_kind_problems(mapping["kind"])):
        return problems
    options = mapping["options"]
    required = [*REQUIRED, *(["date_format"] if time_field(mapping["kind"]) in mapping["columns"] else [])]
    missing = [problem(name, CHECKS[name][1]) for name in required if name not in options]
    found = [*_column_problems(mapping, sniff), *missing, *option_problems(options, sniff["columns"])]
    return found or _reading_problems(options, sniff)


def time_field(kind: str) -> str:
    """The field that the date format speaks of; a customer's is the date of birth."""
    return KINDS[kind].time or "birth_date"


def _kind_problems(kind: Any) -> Iterator[dict[str, str]]:
    if not isinstance(kind, str) or kind not in KINDS:
        yield problem("kind", f"A table is one of {', '.join(KINDS)}.")


def changed_reading(mapping: Any, sniff: dict[str, Any]) -> dict[str, Any]:
    """The mapping's options of how the file is read, where the file was read otherwise; empty when it was read so."""
    wanted, used = reading_options(mapping), sniff["proposal"]["options"]
    return wanted if any(used.get(name) != value for name, value in wanted.items()) else {}


def reading_options(mapping: Any) -> dict[str, Any]:
    """Those options of a mapping, of whatever shape it is, that say how the file itself is read."""
    options = mapping.get("options") if isinstance(mapping, dict) else None
    tidy = tidy_options(options) if isinstance(options, dict) else {}
    return {name: tidy[name] for name in READING if name in tidy}


def _reading_problems(options: dict[str, Any], sniff: dict[str, Any]) -> list[dict[str, str]]:
    changed = changed_reading({"options": options}, sniff)
    sentence = (
        "The file was read with another encoding, delimiter, header or sheet; have it read again with these first."
    )
    return [problem("reading", sentence)] if changed else []


def _column_problems(mapping: dict[str, Any], sniff: dict[str, Any]) -> Iterator[dict[str, str]]:
    columns: dict[str, str] = mapping["columns"]
    kind = KINDS[mapping["kind"]]
    for name, column in columns.items():
        if name not in kind.names:
            yield problem(name, f"There is no field called {name} in {kind.name}; there are {', '.join(kind.names)}.")
        elif column not in sniff["columns"]:
            yield problem(name, f"The file has no column “{column}”; it has {', '.join(sniff['columns'])}.")
    used = list(columns.values())
    for column in sorted({column for column in used if used.count(column) > 1}):
        yield problem("columns", f"“{column}” is used for more than one field; choose one.")
    for requirement in kind.missing(columns):
        yield problem(requirement.fields[0], str(requirement.question))
    company = mapping["options"].get("company")
    if company and "company" not in columns:
        yield problem("company", "To keep one company, choose the column that names the company.")


@transaction.atomic
def check_mapping(*, upload: Upload, mapping: dict[str, Any], by: User | None) -> Run:
    """Look at the file again under choices that are not confirmed yet; they stay with the upload."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.sniff is None or upload.state == Upload.State.PUBLISHED:
        raise MappingError([problem("upload", "The columns of this upload can't be changed now.")])
    release_upload(upload)
    tidy = {**mapping, "options": {**tidy_options(mapping["options"]), **reading_options(upload.sniff["proposal"])}}
    upload.mapping = tidy
    upload.save(update_fields=["mapping"])
    record_event(by=by, action="upload.checked", obj=upload, key=upload.pk, changed=tidy)
    return request_sniff(upload=upload, by=by)


@transaction.atomic
def confirm_mapping(*, upload: Upload, mapping: dict[str, Any], by: User | None, publish: bool = True) -> Run:
    """Fix the mapping and ask for the import."""
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.completes_id:
        return complete_upload(upload=upload, by=by)
    if upload.sniff is None or not (upload.is_open or upload.is_being_checked):
        state = upload.get_state_display().lower()
        raise MappingError([problem("upload", f"This upload is {state}; its columns can't be set now.")])
    complete = complete_mapping(mapping, upload.sniff)
    problems = [*validate_mapping(complete, upload.sniff), *(_mixing_problems(upload) if publish else ())]
    if problems:
        raise MappingError(problems)
    mark = fingerprint("ingest", upload.sha256, complete, publish, str(upload.published_at), str(timezone.now()))
    run = request_run(kind="crm.ingest", params={"upload": upload.pk}, fingerprint=mark, by=by)
    upload.mapping, upload.is_publish_wanted, upload.latest_run = complete, publish, run
    upload.state = Upload.State.IMPORTING
    upload.save(update_fields=["mapping", "is_publish_wanted", "latest_run", "state"])
    record_event(
        by=by, action="upload.confirmed", obj=upload, key=upload.pk, facts={"publish": publish}, changed=complete
    )
    return run


def _mixing_problems(upload: Upload) -> list[dict[str, str]]:
    if upload.source != Upload.Source.DEMO or not is_real_data_published():
        return []
    return [problem("upload", "There is real data in the ledger; the demo shop is not added to it.")]


def remember_mapping(*, upload: Upload, by: User | None) -> None:
    """Keep what an import succeeded under for the next file with this header; how the file was read shows in each."""
    mapping = upload.mapping or {}
    known = SavedMapping.objects.filter(header_fingerprint=upload.header_fingerprint).first()
    name = mapping.get("name") or (known.name if known else upload.file_name[:120])
    SavedMapping.objects.update_or_create(
        header_fingerprint=upload.header_fingerprint,
        defaults={
            "name": name,
            "mapping": kept_of(mapping),
            "columns": (upload.sniff or {}).get("columns", []),
            "saved_by": by,
            "saved_at": timezone.now(),
        },
    )


def kept_of(mapping: dict[str, Any]) -> dict[str, Any]:
    """What of a mapping holds for other files too."""
    options = {name: value for name, value in mapping["options"].items() if name not in (*READING, "sheet")}
    return {"kind": mapping["kind"], "columns": mapping["columns"], "options": options}
