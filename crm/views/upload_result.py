"""What came of an import, for the upload's page."""

from typing import Any

from crm import selectors
from crm.models import Upload
from crm.selectors.upload_figures import is_being_described
from crm.views.upload_changes import changes_of


def result_context(upload: Upload) -> dict[str, Any]:
    """Figures, examples of what was rejected, what it changed."""
    is_working = upload.is_busy and not upload.is_being_checked
    if is_working or not (upload.published_at or upload.state == Upload.State.IMPORTED):
        return {}
    figures = selectors.upload_figures(upload)
    examples = selectors.rejected_examples(upload)
    return {
        **selectors.described(figures),
        "is_described": figures is None and is_being_described(upload),
        "changes": changes_of(upload) if upload.published_at and upload.kind == "transactions" else None,
        "rejected_examples": examples,
        "rejected_columns": (upload.sniff or {}).get("columns", []) if examples else [],
    }
