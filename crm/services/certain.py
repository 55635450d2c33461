"""Importing what needs no word of a person."""

import logging
from dataclasses import dataclass

from core.models import Run, User
from crm.models import Inbox, Upload
from crm.selectors.upload_list import certain_uploads
from crm.services.mappings import confirm_mapping
from crm.services.options import MappingError

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Confirmed:
    """What was confirmed, and what turned out to need a person after all."""

    runs: list[Run]
    refused: list[tuple[Upload, str]]


def confirm_certain(*, by: User | None) -> Confirmed:
    """Import every file whose proposal leaves nothing to decide; each in a transaction of its own."""
    result = Confirmed([], [])
    for upload in certain_uploads():
        try:
            result.runs.append(_confirm(upload, by))
        except MappingError as error:
            result.refused.append((upload, str(error)))
    return result


def confirm_arrived(*, after: Run) -> Run | None:
    """Called when a file was looked at: one that a source brought is imported at once, where that is its policy."""
    upload = certain_uploads().filter(pk=after.params["upload"], inbox__policy=Inbox.Policy.IMPORT).first()
    if upload is None or upload.mapping:  # a mapping: a person has had it read anew, and goes on with it
        return None
    try:
        return _confirm(upload, None)
    except MappingError as error:
        logger.info("upload %s waits for a person: %s", upload.pk, error)
        return None


def _confirm(upload: Upload, by: User | None) -> Run:
    proposal = (upload.sniff or {})["proposal"]
    return confirm_mapping(upload=upload, mapping=proposal, by=by)
