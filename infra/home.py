"""The home folder: what lies where, who has it open, and how to reach them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from schemas.instant import parse_instant

DEFAULT_HOME = Path("~/.millrace")


class HomeError(Exception):
    """The home folder cannot be used; the message says why and what to do."""


class HomeLocked(HomeError):
    """Another process has the home folder open."""


class Serving(msgspec.Struct):
    """How to reach the process that serves a home folder: contents of `serve.json` (readable by its owner only).

    `log` is the address of the log that it serves.
    """

    address: str
    process_id: int
    token: str
    log: str = ""


class AsOf(msgspec.Struct):
    """What a folder of the past says of itself in `as-of.json`: the instant, and whose past it is."""

    at: str
    made_from: str


class Home:
    """Paths of one home folder: `millrace.db` (journal, cells, outbox), keys, `clickhouse/`, `qdrant/`, settings."""

    def __init__(self, root: Path, log: str | None = None) -> None:
        """`log` is the address of the log that is asked for; None leaves it to the settings."""
        self.root = root.expanduser()
        self.log = log

    @property
    def journal(self) -> Path:
        return self.root / "millrace.db"

    @property
    def access(self) -> Path:
        return self.root / "access.db"

    @property
    def deliveries(self) -> Path:
        return self.root / "deliveries.db"

    @property
    def clickhouse(self) -> Path:
        return self.root / "clickhouse"

    @property
    def search(self) -> Path:
        return self.root / "qdrant"

    @property
    def search_position(self) -> Path:
        return self.root / "qdrant.position"

    @property
    def kafka_search_position(self) -> Path:
        return self.root / "qdrant.kafka-position"

    @property
    def kafka_cells(self) -> Path:
        return self.root / "cells.db"

    @property
    def kafka(self) -> Path:
        return self.root / "kafka"

    @property
    def settings(self) -> Path:
        return self.root / "settings.toml"

    @property
    def serve(self) -> Path:
        return self.root / "serve.json"

    @property
    def as_of(self) -> Path:
        return self.root / "as-of.json"

    def stands_at(self) -> int | None:
        """The instant as of which everything here stands; None where it goes on."""
        try:
            return parse_instant(msgspec.json.decode(self.as_of.read_bytes(), type=AsOf).at)
        except FileNotFoundError:
            return None
        except (msgspec.DecodeError, ValueError) as error:
            raise HomeError(
                f"{self.as_of} cannot be read ({error}): make the folder again with `millrace as-of`"
            ) from error

    def create(self) -> None:
        """Makes the folder, for its owner only."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def require(self) -> None:
        """Raises HomeError where nothing was made here yet."""
        if not self.root.is_dir():
            raise HomeError(f"there is no home folder {self.root}: run `millrace init`, or name one with --home")

    @contextmanager
    def locked(self, part: str = "") -> Iterator[None]:
        """Keeps other processes from opening the home folder, or a part, meanwhile. Raises HomeLocked if one has it."""
        handle = os.open(self.root / (f"{part}.lock" if part else "lock"), os.O_CREAT | os.O_RDWR, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise HomeLocked(
                    f"{part + ' of ' if part else ''}{self.root} is open in another process: stop it, or use "
                    "`millrace serve` and ask that one"
                ) from error
            yield
        finally:
            os.close(handle)

    def serving(self) -> Serving | None:
        """Who serves this home folder now, None where nobody does or the process is gone."""
        try:
            serving = msgspec.json.decode(self.serve.read_bytes(), type=Serving)
            os.kill(serving.process_id, 0)
        except (FileNotFoundError, ProcessLookupError):
            return None
        except (msgspec.DecodeError, OSError) as error:
            raise HomeError(f"{self.serve} cannot be read ({error}): remove it if no `millrace serve` runs") from error
        return serving

    def announce_at(self, address: str, token: str, log: str) -> None:
        """Tells other processes of this owner how to reach this one."""
        serving = Serving(address, os.getpid(), token, log)
        handle = os.open(self.serve, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(msgspec.json.encode(serving))

    def renounce(self) -> None:
        """This process serves no more."""
        self.serve.unlink(missing_ok=True)


@contextmanager
def owner_only() -> Iterator[None]:
    """Whatever is made meanwhile, by engines and their processes too, is for its owner only."""
    mask = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(mask)
