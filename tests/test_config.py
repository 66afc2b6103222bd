"""What the settings refuse."""

from __future__ import annotations

import pytest

import config
from tests.conftest import environment

HERE = {
    "DATABASE_URL": "postgresql:///mrejesho?host=/run/postgresql",
    "DATABASE_WORKER_URL": "postgresql://w@localhost/mrejesho",
    "DATABASE_OWNER_URL": "postgresql://w@127.0.0.1:5433/mrejesho",
    "DATABASE_LOADER_URL": "postgresql://w@[::1]/mrejesho",
    "REDIS_URL": "unix:///run/redis.sock?db=0",
    "CLAMD_SOCKET": "/run/clamav/clamd.ctl",
}


def load(**given: str) -> dict[str, object]:
    return config.load({**environment(HERE), **given})


def test_what_stays_on_this_machine_needs_no_tls() -> None:
    load()
    load(REDIS_URL="redis://127.0.0.1:6379/0", CLAMD_SOCKET="localhost:3310")
    load(AT_BASE_URL="http://127.0.0.1:8100")


PLAIN = [
    ("DATABASE_URL", "postgresql://web:x@db.example/mrejesho"),
    ("DATABASE_URL", "postgres://web:x@10.0.0.7:5432/mrejesho"),
    ("DATABASE_WORKER_URL", "postgresql+psycopg://w:x@db/mrejesho?sslmode=prefer"),
    ("DATABASE_OWNER_URL", "postgresql://o:x@localhost,db.example/mrejesho"),
    ("DATABASE_OWNER_URL", "postgresql://o:x@127.0.0.1:1,db.example:2/mrejesho"),
    ("DATABASE_LOADER_URL", "postgresql:///mrejesho?host=db.example&sslmode=disable"),
    ("REDIS_URL", "redis://:secret@queue.example:6379/0"),
    ("CLAMD_SOCKET", "scanner.example:3310"),
    ("AT_BASE_URL", "http://gateway.example"),
]


@pytest.mark.parametrize(("name", "url"), PLAIN)
def test_another_machine_is_reached_by_tls_or_by_the_operators_word(name: str, url: str) -> None:
    with pytest.raises(config.ConfigurationError, match=name) as refused:
        load(**{name: url})
    assert "secret" not in str(refused.value)
    load(**{name: url, "TRUST_NETWORK": "1"})


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("DATABASE_URL", "postgresql://web:x@db.example/mrejesho?sslmode=verify-full"),
        ("DATABASE_URL", "postgresql://web:x@a,b/mrejesho?sslmode=require"),
        ("REDIS_URL", "rediss://:x@queue.example:6379/0"),
        ("AT_BASE_URL", "https://gateway.example"),
    ],
)
def test_tls_is_enough(name: str, url: str) -> None:
    load(**{name: url})


def test_the_mode_of_tls_may_stand_in_the_environment() -> None:
    url = "postgresql://web:x@db.example/mrejesho"
    load(DATABASE_URL=url, PGSSLMODE="verify-full")
    with pytest.raises(config.ConfigurationError):
        load(DATABASE_URL=f"{url}?sslmode=disable", PGSSLMODE="verify-full")


def test_officers_share_the_citizens_name_unless_they_have_one() -> None:
    shared = load(PUBLIC_URL="https://mrejesho.go.tz")
    assert (shared["STAFF_URL"], shared["STAFF_HOSTS"]) == ("https://mrejesho.go.tz", ())
    apart = load(
        PUBLIC_URL="https://mrejesho.go.tz",
        STAFF_URL="https://ofisi.mrejesho.go.tz/",
        STAFF_HOSTS="ofisi.internal",
    )
    assert apart["STAFF_URL"] == "https://ofisi.mrejesho.go.tz"
    assert apart["STAFF_HOSTS"] == ("ofisi.mrejesho.go.tz", "ofisi.internal")


@pytest.mark.parametrize(
    "given",
    [
        {"STAFF_HOSTS": "ofisi.go.tz"},
        {"STAFF_URL": "http://ofisi.go.tz"},
        {"STAFF_URL": "ofisi.go.tz"},
        {"STAFF_URL": "https://ofisi.go.tz", "STAFF_HOSTS": "mrejesho.go.tz"},
        {"STAFF_URL": "https://ofisi.go.tz", "ALLOWED_HOSTS": "ofisi.go.tz"},
    ],
)
def test_a_name_is_of_citizens_or_of_officers(given: dict[str, str]) -> None:
    with pytest.raises(config.ConfigurationError, match="STAFF_"):
        load(PUBLIC_URL="https://mrejesho.go.tz", **given)
