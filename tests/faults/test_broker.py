"""The broker is emptied, stopped or frozen: reading works, writing is accepted, what was asked for is done later."""

import signal
import time
from pathlib import Path

import pytest

from tests.faults.conftest import Calm
from tests.faults.test_delivery import small_file
from tests.faults.test_kills import assert_invariants
from tests.faults.world import World, signal_process

pytestmark = pytest.mark.timeout(600)
# How long a person waits for a page at worst while the broker does not answer.
LONGEST_ANSWER_SECONDS = 8.0


@pytest.fixture
def world(calm: Calm) -> World:
    return calm.world


def timed_store(world: World, file: Path) -> tuple[int, str]:
    started = time.monotonic()
    upload, run = world.hand("store", str(file))
    assert time.monotonic() - started < LONGEST_ANSWER_SECONDS
    return upload, run


def assert_published(world: World, upload: int, run: str) -> None:
    """It is read now; it is confirmed and published."""
    world.await_end(run, seconds=60)
    world.await_end(str(world.hand("confirm", upload)), seconds=60)
    assert world.hand("uploads")[-1]["accepted"] == 60
    assert_invariants(world)


def test_work_that_waited_in_an_emptied_broker_is_done(world: World, tmp_path: Path) -> None:
    world.kill("worker")
    upload, run = timed_store(world, small_file(tmp_path, "flushed"))
    world.empty_broker()
    assert world.run(run)["state"] == "pending"
    world.start_worker()
    assert_published(world, upload, run)


def test_emptied_in_the_middle_of_the_work(world: World, tmp_path: Path) -> None:
    upload, run = timed_store(world, small_file(tmp_path, "middle"))
    while world.run(run)["state"] in {"pending", "running"}:
        world.empty_broker()
        time.sleep(0.3)
    assert_published(world, upload, run)


def test_a_stopped_broker_delays_work_and_nothing_else(world: World, tmp_path: Path) -> None:
    world.kill("broker")
    upload, run = timed_store(world, small_file(tmp_path, "stopped"))
    assert world.hand("outcome")["ledger"]["totals"][0] != "0"
    assert world.run(run)["state"] == "pending"
    world.start_broker()
    assert_published(world, upload, run)


def test_a_frozen_broker_delays_work_and_nothing_else(world: World, tmp_path: Path) -> None:
    broker = world.processes["broker"].pid
    signal_process(broker, signal.SIGSTOP)
    try:
        upload, run = timed_store(world, small_file(tmp_path, "frozen"))
        assert world.run(run)["state"] == "pending"
    finally:
        signal_process(broker, signal.SIGCONT)
    assert_published(world, upload, run)
