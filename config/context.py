"""What every page knows of the product's state: it looks into several apps, so it stands here."""

from typing import Any

from django.http import HttpRequest

from crm.selectors import has_demo_data
from segmentation.selectors import current_snapshot


def product_context(request: HttpRequest) -> dict[str, Any]:
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return {}
    snapshot = current_snapshot()
    return {
        "is_demo": has_demo_data(),
        "snapshot": snapshot,
        "snapshot_as_of": snapshot.as_of if snapshot else None,
    }
