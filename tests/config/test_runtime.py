"""Where the broker's socket goes, however deep the home is."""

import os
from pathlib import Path

import pytest

from config import runtime

pytestmark = pytest.mark.any_world


def test_the_socket_stands_inside_a_home_that_is_not_deep() -> None:
    assert runtime.runtime_directory(Path("/srv/insiders")) == Path("/srv/insiders/run")
    assert runtime.broker_url(Path("/srv/insiders")) == "redis+socket:///srv/insiders/run/broker.sock"


@pytest.mark.parametrize("depth", range(60, 140))
def test_the_socket_path_always_fits(depth: int) -> None:
    path = runtime.runtime_directory(Path("/" + "d" * depth)) / runtime.SOCKET_NAME
    assert len(os.fsencode(path)) < runtime.SOCKET_PATH_LIMIT


def test_a_deep_home_always_has_the_same_short_directory_and_another_home_another() -> None:
    deep, other = Path("/" + "d" * 120), Path("/" + "e" * 120)
    assert runtime.runtime_directory(deep) == runtime.runtime_directory(deep)
    assert runtime.runtime_directory(deep) != runtime.runtime_directory(other)


def test_the_runtime_directory_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = runtime.make_runtime_directory(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o700


def test_a_directory_of_somebody_else_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime.make_runtime_directory(tmp_path)
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    with pytest.raises(runtime.UnsafeDirectoryError, match="belongs to another user"):
        runtime.make_runtime_directory(tmp_path)


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(runtime.UnsafeDirectoryError):
        runtime.make_runtime_directory(tmp_path)
