"""One Kafka broker in KRaft mode on loopback: started, looked at and stopped by what is recorded in its folder."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import msgspec

from infra import processes
from infra.home import HomeError
from infra.jars import java_home, locked_jars
from infra.ports import free_port
from infra.processes import Started

HEAP_MEGABYTES = 768
READY_SECONDS = 60.0
STOP_SECONDS = 20.0

_HERE = Path(__file__).parent
_LOOK_SECONDS = 0.05
_END_OF_LOG_BYTES = 2_000


class BrokerFailed(HomeError):
    """The broker cannot be started or is not there; the message says why and what to do."""


class Running(msgspec.Struct, frozen=True):
    """What is recorded of the broker that was started last: contents of `broker.json`."""

    process_id: int
    started: str
    port: int
    controller_port: int

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def process(self) -> Started:
        return Started(self.process_id, self.started)


class Broker:
    """The broker of one folder: data, settings and logs lie in it. The port is kept from one start to the next."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._record = self.folder / "broker.json"
        self._log = self.folder / "broker.log"

    def up(self, patience_seconds: float = READY_SECONDS) -> Running:
        """Starts the broker unless it runs, and returns once it answers. Raises BrokerFailed, JarsMissing."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone():
            running = self.running()
            if running is None:
                running = self._start()
            self._await(running, patience_seconds)
        return running

    def running(self) -> Running | None:
        """What is known of the broker, None where it does not run."""
        recorded = self._recorded()
        return recorded if recorded is not None and processes.is_running(recorded.process) else None

    def down(self) -> bool:
        """Stops the process that was started here, and no other. False where it ran no more."""
        recorded = self._recorded()
        return recorded is not None and processes.stop(recorded.process, STOP_SECONDS)

    def kill(self) -> None:
        """Ends the process at once, as a crash would."""
        recorded = self._recorded()
        if recorded is not None:
            processes.kill(recorded.process)

    def answers(self) -> bool:
        """Whether it takes connections of clients."""
        running = self.running()
        return running is not None and _takes_connections(running.port)

    def _start(self) -> Running:
        before = self._recorded()
        port = free_port(before.port if before else 0)
        controller_port = free_port(before.controller_port if before else 0)
        settings = self._write("server.properties", port=port, controller_port=controller_port, data=self._data)
        self._write("log4j2.properties", log=self._log)
        environment = {**os.environ, "JAVA_HOME": str(java_home())}
        output = self.folder / "output.log"
        output.unlink(missing_ok=True)
        if not (self._data / "meta.properties").exists():
            self._format(settings, output, environment)
        process = processes.start(self._java("kafka.Kafka", str(settings)), output, environment)
        running = Running(process.process_id, process.started, port, controller_port)
        written = self._record.with_suffix(".new")
        written.write_bytes(msgspec.json.encode(running))
        written.replace(self._record)
        return running

    def _format(self, settings: Path, output: Path, environment: dict[str, str]) -> None:
        # A leading letter: with a hyphen in front it would be read as an option.
        cluster = "M" + urlsafe_b64encode(uuid4().bytes).decode()[1:22]
        arguments = ("format", "--cluster-id", cluster, "--config", str(settings))
        tool = processes.start(self._java("kafka.tools.StorageTool", *arguments), output, environment)
        until = time.monotonic() + READY_SECONDS
        while processes.is_running(tool):
            if time.monotonic() > until:
                processes.kill(tool)
            time.sleep(_LOOK_SECONDS)
        if not (self._data / "meta.properties").exists():
            raise BrokerFailed(f"the broker's folder {self._data} could not be prepared: {_end_of(output)}")

    def _java(self, main: str, *arguments: str) -> list[str]:
        jars = locked_jars(_HERE / "jars.txt")
        return [
            str(java_home() / "bin" / "java"),
            f"-Xmx{HEAP_MEGABYTES}m",
            "-XX:+ExitOnOutOfMemoryError",
            f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}",
            "-cp",
            os.pathsep.join(map(str, jars)),
            main,
            *arguments,
        ]

    def _await(self, running: Running, patience_seconds: float) -> None:
        until = time.monotonic() + patience_seconds
        while not _takes_connections(running.port):
            if not processes.is_running(running.process):
                raise BrokerFailed(f"the broker ended at once; {self._log} says: {_end_of(self._log)}")
            if time.monotonic() > until:
                raise BrokerFailed(f"the broker did not answer in {patience_seconds:.0f} s; see {self._log}")
            time.sleep(_LOOK_SECONDS)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _recorded(self) -> Running | None:
        try:
            return msgspec.json.decode(self._record.read_bytes(), type=Running)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise BrokerFailed(f"{self._record} cannot be read ({error}): remove it if no broker runs") from error

    def _write(self, name: str, **values: object) -> Path:
        template = (_HERE / f"{name}.txt").read_text(encoding="ascii")
        written = self.folder / name
        written.write_text(template.format(**values), encoding="utf-8")
        return written

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _takes_connections(port: int) -> bool:
    with closing(socket.socket()) as tried:
        tried.settimeout(1.0)
        return tried.connect_ex(("127.0.0.1", port)) == 0


def _end_of(file: Path) -> str:
    try:
        return file.read_bytes()[-_END_OF_LOG_BYTES:].decode("utf-8", errors="replace").strip()
    except FileNotFoundError:
        return "nothing"
