"""What is looked at before an installation starts or is migrated: is the storage there, and may we write to it?"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error

from core.trouble import Unavailable
from crm.ledger.storage import bucket


def storage_answers(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """Only with `migrate` (and `check --database`), which every start runs first: other commands ask no network."""
    away = bucket() if databases else None
    if away is None:
        return []
    try:
        away.probe()
    except Unavailable as trouble:
        return [Error(trouble.message, id="insiders.E001")]
    return []
