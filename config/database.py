"""DATABASE_URL, or SQLite under the home folder, as Django wants it."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from config.environment import SettingError


def database(url: str, home: Path) -> dict[str, Any]:
    if not url:
        return sqlite(home / "insiders.sqlite3")
    parts = urlsplit(url)
    if parts.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(parts.path.lstrip("/")),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": unquote(parts.hostname or ""),
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": dict(parse_qsl(parts.query)),
        }
    if parts.scheme == "sqlite":
        return sqlite(Path(unquote(parts.path)))
    raise SettingError("DATABASE_URL has to start with postgresql:// or sqlite:///, or be left out for SQLite.")


def sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        # WAL lets readers go on beside one writer; IMMEDIATE takes the write lock at the start, so that a
        # transaction waits its turn instead of failing half way through.
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
        },
        # A file, not memory: child processes and worker threads of the tests have to see the same rows.
        "TEST": {"NAME": path.with_name(f"test_{path.name}")},
    }
