"""What two people decide about groups at the same time: one after the other, and nothing is lost."""

import threading
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connections, transaction
from django.utils import timezone

from segmentation.jobs import showing
from segmentation.models import Segment, Snapshot, SnapshotPointer
from segmentation.selectors import current_snapshot, group_settings
from segmentation.services import GroupsRefused, change_shares, rename_segment
from tests.factories import make_segment_summary, make_user

pytestmark = pytest.mark.django_db(transaction=True)
LONG_ENOUGH = 1.0  # seconds in which somebody who need not wait has long finished


class Somebody:
    """Somebody else, who does `work` on a connection of their own; `faults` holds what went wrong for them."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.faults: list[Exception] = []
        self._work, self._thread = work, threading.Thread(target=self._body)

    def _body(self) -> None:
        try:
            self._work()
        except Exception as fault:
            self.faults.append(fault)
        finally:
            connections.close_all()

    def begins(self) -> None:
        """They have begun, and are done unless they have to wait."""
        self._thread.start()
        self._thread.join(timeout=LONG_ENOUGH)

    def ends(self) -> None:
        self._thread.join(timeout=30)
        assert not self._thread.is_alive()


def test_two_people_cannot_give_the_same_name() -> None:
    first, second = (Segment.objects.create(name=name, created_at=timezone.now()) for name in ("One", "Two"))
    anna, ben = make_user("analyst"), make_user("manager")
    other = Somebody(lambda: rename_segment(segment=second, name="Stars", by=ben))
    with transaction.atomic():
        rename_segment(segment=first, name="Stars", by=anna)
        other.begins()
    other.ends()
    assert [fault.code for fault in other.faults if isinstance(fault, GroupsRefused)] == ["name_taken"]
    assert set(Segment.objects.values_list("name", flat=True)) == {"Stars", "Two"}


def test_a_name_given_while_results_are_shown_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot, user = make_segment_summary().snapshot, make_user("analyst")
    segment = Segment.objects.get(name="Regulars")
    other = Somebody(lambda: rename_segment(segment=segment, name="Stars", by=user))
    write = showing._write_segments

    def write_later(snapshot: Snapshot) -> None:
        other.begins()  # the names that count have been read by now
        write(snapshot)

    monkeypatch.setattr(showing, "_write_segments", write_later)
    with transaction.atomic():
        showing.show(SnapshotPointer.objects.select_for_update().get(pk=1), snapshot)
    other.ends()
    assert other.faults == []
    segment.refresh_from_db()
    shown = current_snapshot()
    assert shown is not None
    assert (segment.name, shown.segments[0]["name"]) == ("Stars", "Stars")
    assert shown.segment_summaries.get().name == "Stars"


def test_two_changes_of_shares_both_count() -> None:
    anna, ben = make_user("analyst"), make_user("manager")
    other = Somebody(lambda: change_shares(set_aside=Decimal("0.05"), by=ben))
    with transaction.atomic():
        change_shares(platinum=Decimal("0.3"), by=anna)
        other.begins()
    other.ends()
    assert other.faults == []
    assert (group_settings().platinum, group_settings().set_aside) == (Decimal("0.3"), Decimal("0.05"))
