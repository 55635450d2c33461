"""What the latest check of the stored files found."""

from dataclasses import dataclass
from datetime import datetime

from core.models import Run

SHOWN = 5


@dataclass(frozen=True)
class StorageDamage:
    found_at: datetime
    files: int
    sentences: list[str]

    @property
    def hidden(self) -> int:
        return self.files - len(self.sentences)


def storage_damage() -> StorageDamage | None:
    """The damage that the latest check found; None when it found none, or none has ended yet."""
    checks = Run.objects.filter(kind="crm.verify", state=Run.State.SUCCEEDED)
    latest = checks.order_by("-finished_at").values_list("result", "finished_at").first()
    if latest is None or latest[1] is None:
        return None
    damaged = (latest[0] or {}).get("damaged", [])
    if not damaged:
        return None
    return StorageDamage(latest[1], len(damaged), [item["sentence"] for item in damaged[:SHOWN]])
