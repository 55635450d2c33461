"""The refresh by itself: what other apps do after it is their own tests' matter."""

import pytest

from core.kinds import KINDS


@pytest.fixture(autouse=True)
def no_follow_ups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(KINDS["segmentation.refresh"], "follow_ups", [])
