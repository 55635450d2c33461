"""Files of a small shop, and worlds apart to bring them to."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from analytics import demo
from config.settings import BASE_DIR
from tests.e2e.installation import execute
from tests.faults.world import World

# Which lines of the demo shop each file holds; neighbours overlap, as monthly exports do.
SLICES = ((0, 3_000), (2_000, 4_500))


@pytest.fixture(scope="session")
def shop_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    shop = demo.open_shop(demo.SIZES["small"], 7)
    lines: list[str] = []
    for trading in shop.days():
        lines += demo.line_rows(shop, trading)
        if len(lines) >= SLICES[-1][1]:
            break
    folder = tmp_path_factory.mktemp("shop")
    files = [folder / f"shop-{start}.csv" for start, _ in SLICES]
    for file, (start, end) in zip(files, SLICES, strict=True):
        file.write_text(demo.LINE_HEADER + "".join(lines[start:end]))
    return files


@contextmanager
def new_world(home: Path, **settings: str) -> Iterator[World]:
    """An installation on a database of the kind that this test run uses."""
    environment = dict(os.environ) | {"INSIDERS_HOME": str(home), "PYTHONPATH": str(BASE_DIR)} | settings
    environment.pop("STORAGE_ROOT", None)
    url = environment.pop("DATABASE_URL", "")
    if not url.startswith("postgres"):
        with World(environment, home) as world:
            yield world
        return
    name = f"faults_{uuid.uuid4().hex[:12]}"
    execute(url, f'CREATE DATABASE "{name}"')
    try:
        with World(environment | {"DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl()}, home) as world:
            yield world
    finally:
        execute(url, f'DROP DATABASE "{name}" WITH (FORCE)')


class Calm:
    """An undisturbed world, and what it made of the files."""

    def __init__(self, world: World, files: list[Path]) -> None:
        self.world = world
        self.outcomes: list[dict[str, Any]] = []
        world.start()
        for file in files:
            world.bring(file)
            self.outcomes.append(world.hand("outcome"))
            # What is compared with has to be right itself.
            assert [upload["state"] for upload in world.hand("uploads")] == ["published"] * len(self.outcomes)
            assert self.outcomes[-1]["snapshot"]
        world.hand("undo", 1)
        world.settle()
        self.outcomes.append(world.hand("outcome"))
        self.durations: dict[str, float] = world.hand("durations")
        assert {run["state"] for run in world.hand("runs")} == {"succeeded"}, world.hand("runs")


@pytest.fixture(scope="session")
def calm(tmp_path_factory: pytest.TempPathFactory, shop_files: list[Path]) -> Iterator[Calm]:
    with new_world(tmp_path_factory.mktemp("calm") / "home") as world:
        yield Calm(world, shop_files)
