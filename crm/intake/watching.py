"""Running a long statement beside somebody who shows how far it is, and who may stop it."""

import threading
from collections.abc import Callable

import duckdb

SECONDS = 0.5


def run_watched(
    connection: duckdb.DuckDBPyConnection, statement: Callable[[], object], show: Callable[[float], None]
) -> None:
    """`show` is told the done share (0 to 1) now and then, in the calling thread; what it raises ends the statement."""
    for setting in ("enable_progress_bar = true", "enable_progress_bar_print = false", "progress_bar_time = 0"):
        connection.execute(f"SET {setting}")
    errors: list[BaseException] = []

    def work() -> None:
        try:
            statement()
        except BaseException as error:  # handed on to the thread that waits
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(SECONDS)
            if thread.is_alive():
                show(max(connection.query_progress(), 0.0) / 100)
    except BaseException:
        connection.interrupt()
        thread.join()
        raise
    if errors:
        raise errors[0]
