"""`kill -9` of a job's process or of the whole worker at random moments: nothing is lost, nothing doubled."""

import os
import random
import signal
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.faults.conftest import Calm, new_world
from tests.faults.world import NotBroughtToItsEnd, World, signal_process

pytestmark = pytest.mark.timeout(900)


# Two, so that another takes over while the one that was killed starts again.
WORKERS = ("worker", "worker-2")


class Killer:
    """Brings files while killing. No run is killed more than twice: after a third loss it would rightly be given up."""

    def __init__(self, world: World, seed: int, durations: dict[str, float]) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.durations = durations
        self.kills: list[str] = []
        # Work that ends before its blow comes is struck sooner the next time.
        self.pace = 1.0

    def bring(self, file: Path, wanted: int) -> None:
        upload, _ = self.world.hand("store", str(file))
        self._harass(wanted)
        self.world.hand("confirm", upload)
        self._harass(wanted)

    def take_back(self, upload: int, wanted: int) -> None:
        self.world.hand("undo", upload)
        self._harass(wanted)

    def _harass(self, wanted: int) -> None:
        while self.world.active():
            if len(self.kills) >= wanted:
                self.world.settle()
                return
            begun = [run for run in self.world.active() if run["state"] == "running"]
            if begun and any(self.world.children(name) for name in WORKERS):
                # Any moment of the work, its start included: a kill may come after its end, and then hits the next.
                time.sleep(self.random.uniform(0.0, self.pace * self.durations[begun[0]["kind"]]))
                self.pace = min(1.0, self.pace * 1.3) if self._strike() else self.pace * 0.6
            time.sleep(0.02)

    def _strike(self) -> bool:
        """Kill something that works; False when there was nothing, or nothing that may still be lost."""
        busy = [name for name in WORKERS if self.world.children(name)]
        active = self.world.active()
        running = [run for run in active if run["state"] == "running"]
        if not busy or not running or any(run["attempts"] >= 3 for run in active):
            return False
        name, victim = self.random.choice(busy), "worker"
        children = self.world.children(name)
        if children and self.random.random() < 0.5:
            signal_process(self.random.choice(children), signal.SIGKILL)
            victim = "child"
        else:
            self.world.kill(name)
            self.world.start_worker(name)
        self.kills += [f"{victim} at {run['kind']} “{run['stage']}”, attempt {run['attempts']}" for run in running[:1]]
        return True


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    different = [name for name in expected if found[name] != expected[name]]
    assert not different, {name: (found[name], expected[name]) for name in different}


def assert_invariants(world: World) -> None:
    failed = {number: answer for number, answer in world.hand("check").items() if not answer["ok"]}
    assert not failed


def kill_through(world: World, files: list[Path], calm: Calm, *, seed: int, kills: int) -> None:
    sys.stdout.write(f"INSIDERS_FAULT_SEED={seed}\n")
    killer = Killer(world, seed, calm.durations)
    world.start_scheduler()
    for name in WORKERS:
        world.start_worker(name)
    steps = [*(partial(killer.bring, file) for file in files), partial(killer.take_back, 1)]
    for number, step in enumerate(steps, start=1):
        # A little more than each step's share, because a quick step may end before its last blow.
        step(kills * number // len(steps) + 3)
        assert_invariants(world)
        assert_same(world.hand("outcome"), calm.outcomes[number - 1])
    sys.stdout.write("\n".join(killer.kills) + "\n")
    assert len(killer.kills) >= kills, killer.kills


def seed_of_today() -> int:
    return int(os.environ.get("INSIDERS_FAULT_SEED") or random.SystemRandom().randrange(10**6))


def test_twenty_kills_lose_and_double_nothing(tmp_path: Path, calm: Calm, shop_files: list[Path]) -> None:
    with new_world(tmp_path / "home") as world:
        kill_through(world, shop_files, calm, seed=seed_of_today(), kills=20)


@pytest.mark.long
@pytest.mark.parametrize("round_", range(10))
def test_hundreds_of_kills(tmp_path: Path, calm: Calm, shop_files: list[Path], round_: int) -> None:
    with new_world(tmp_path / "home") as world:
        kill_through(world, shop_files, calm, seed=seed_of_today() + round_, kills=20)


def test_positive_control_without_the_sweep_a_killed_worker_loses_work(tmp_path: Path, shop_files: list[Path]) -> None:
    with new_world(tmp_path / "home") as world:
        world.start_worker()
        world.hand("store", str(shop_files[0]))
        while not world.children():
            time.sleep(0.02)
        world.kill("worker")
        world.start_worker()
        with pytest.raises(NotBroughtToItsEnd):
            world.settle(12)
