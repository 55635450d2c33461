"""Messages that come twice, late, at once or to a worker that was thought dead; jobs that always crash."""

import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from config.settings import BASE_DIR
from tests.faults.conftest import Calm, new_world
from tests.faults.test_kills import assert_invariants, assert_same
from tests.faults.world import LEASE_SECONDS, World, hands, signal_process, wait_until

CARELESS = Path(__file__).with_name("careless")
pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def world(calm: Calm) -> World:
    """The calm world goes on; these tests bring files of their own and leave it at rest."""
    return calm.world


def small_file(folder: Path, name: str) -> Path:
    file = folder / f"{name}.csv"
    lines = [f"{name}{n},2024-05-{1 + n % 28:02d} 10:00:00,c{n % 9},cup,1,{n}.50" for n in range(60)]
    file.write_text("order_id,ordered_at,customer_id,item_id,quantity,unit_price\n" + "\n".join(lines) + "\n")
    return file


def test_a_job_that_always_crashes_is_given_up_visibly(world: World, tmp_path: Path) -> None:
    world.kill("worker")
    upload, run = world.hand("store", str(small_file(tmp_path, "poison")))
    world.hand("lose_bytes", upload)
    world.start_worker()
    found = world.await_end(run, "dead")
    assert (found["attempts"], found["error_code"]) == (3, "unexpected")
    assert found["error"].endswith(".")
    time.sleep(2 * LEASE_SECONDS)
    assert world.run(run) == found
    world.hand("find_bytes", upload)


def test_a_job_whose_process_is_killed_each_time_is_given_up(world: World, tmp_path: Path) -> None:
    world.settle()
    _, run = world.hand("store", str(small_file(tmp_path, "killed")))

    def kill_whatever_begins() -> bool:
        for child in world.children():
            signal_process(child, signal.SIGKILL)
        return str(world.run(run)["state"]) == "dead"

    wait_until(kill_whatever_begins, 90, "a job that never survives was not given up")
    assert (world.run(run)["attempts"], world.run(run)["error_code"]) == (3, "child_lost")


def test_a_message_that_comes_twice_late_and_at_once_changes_nothing(world: World, tmp_path: Path) -> None:
    upload, read = world.hand("store", str(small_file(tmp_path, "twice")))
    world.await_end(read)
    world.kill("worker")
    world.kill("scheduler")
    run = str(world.hand("confirm", upload))
    with hands(world, 3) as couriers:
        for courier in couriers:  # at once, from processes that do not know of each other
            courier.send("deliver", run)
        states = [courier.receive() for courier in couriers]
    assert "succeeded" in states
    assert world.run(run)["fencing_token"] == 1
    before = world.hand("uploads")
    assert before[-1]["accepted"] == 60
    for _ in range(2):  # late: long done; the worker also still finds the message that `confirm` sent
        assert world.hand("deliver", run) == "succeeded"
    world.start()
    world.settle()
    assert world.hand("uploads") == before
    assert world.run(run)["attempts"] == 1
    assert_invariants(world)


def test_messages_out_of_order_change_nothing(world: World, tmp_path: Path) -> None:
    stored = [world.hand("store", str(small_file(tmp_path, name))) for name in ("first", "second", "third")]
    for _, read in stored:
        world.await_end(read)
    world.kill("worker")
    world.kill("scheduler")
    runs = [str(world.hand("confirm", upload)) for upload, _ in stored]
    world.empty_broker()
    for run in reversed(runs):
        assert world.hand("deliver", run) == "succeeded"
    assert [row["accepted"] for row in world.hand("uploads")[-3:]] == [60, 60, 60]
    world.start()
    world.settle()
    assert_invariants(world)


def test_two_schedulers_start_one_run_a_slot(world: World) -> None:
    world.kill("worker")
    world.kill("scheduler")
    world.hand("schedule_sweep")
    start = datetime(2026, 3, 29, tzinfo=UTC)
    moments = [(start + timedelta(minutes=20 * n, seconds=n)).isoformat() for n in range(12)]  # over a change of clocks
    with hands(world, 2) as schedulers:
        for moment in moments:
            for scheduler in schedulers:
                scheduler.send("tick", moment)
        started = [sum(scheduler.receive() for _ in moments) for scheduler in schedulers]
    assert sum(started) == len(moments)
    assert world.hand("slots") == {"slots": len(moments), "empty": 0}
    world.hand("quiet")
    world.start()
    world.settle()


def pause_a_job_beyond_its_lease(world: World, file: Path) -> dict[str, Any]:
    """Its worker is lost to sight and the child stands still; another does the work; then the child goes on."""
    upload, read = world.hand("store", str(file))
    world.await_end(read)
    run = str(world.hand("confirm", upload))
    wait_until(lambda: world.run(run)["stage"], 60, "the import did not begin")
    (child,) = world.children()
    worker = world.processes.pop("worker")
    signal_process(worker.pid, signal.SIGSTOP)
    signal_process(child, signal.SIGSTOP)
    try:
        world.start_worker()
        world.settle()
    finally:
        # The child first: with its worker's pipe still open it believes itself in charge.
        signal_process(child, signal.SIGCONT)
        time.sleep(6)
        signal_process(worker.pid, signal.SIGKILL)
        worker.wait()
    world.settle()
    return dict(world.hand("outcome"))


def test_a_child_that_comes_back_after_its_lease_writes_nothing(
    tmp_path: Path, calm: Calm, shop_files: list[Path]
) -> None:
    with new_world(tmp_path / "home") as world:
        world.start()
        found = pause_a_job_beyond_its_lease(world, shop_files[0])
        assert any(run["fencing_token"] > 1 for run in world.hand("runs"))
        assert_same(found, calm.outcomes[0])
        assert_invariants(world)


def test_positive_control_without_the_token_the_child_that_comes_back_is_noticed(
    tmp_path: Path, calm: Calm, shop_files: list[Path]
) -> None:
    with new_world(tmp_path / "home", PYTHONPATH=f"{CARELESS}:{BASE_DIR}") as world:
        world.start()
        found = pause_a_job_beyond_its_lease(world, shop_files[0])
        assert any(run["fencing_token"] > 1 for run in world.hand("runs"))
        with pytest.raises(AssertionError):
            assert_same(found, calm.outcomes[0])
