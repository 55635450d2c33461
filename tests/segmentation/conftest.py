"""The refresh by itself: what other apps do after it is their own tests' matter."""

import pytest

from core.kinds import KINDS


@pytest.fixture(autouse=True)
def no_follow_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("segmentation.refresh", "segmentation.promote"):
        monkeypatch.setattr(KINDS[kind], "follow_ups", [])
