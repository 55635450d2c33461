"""What is looked at before an installation starts or is migrated: is the storage there, and may we write to it?"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error

from core.trouble import Unavailable


def storage_answers(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Only with `migrate` (and `check --database`), which every start runs first: other commands ask no network."""
    if not databases:
        return []
    # Not sooner: apps name this check when they start, and the engine is no load for worker and scheduler.
    from crm.ledger.storage import bucket

    away = bucket()
    if away is None:
        return []
    try:
        away.probe()
    except Unavailable as trouble:
        return [Error(trouble.message, id="insiders.E001")]
    return []
