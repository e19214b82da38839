"""A standalone Flink cluster on loopback: started, looked at and stopped by what is recorded in its folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import httpx
import msgspec

import streams
from infra import processes
from infra.home import HomeError
from infra.jars import JarsMissing, java_home, locked_jars
from infra.ports import free_port
from infra.processes import Started

READY_SECONDS = 90.0
STOP_SECONDS = 20.0
# Slots are shares of one process; jobs of tests and replays take one or two of them.
SLOTS = 4

_HERE = Path(__file__).parent
_LOOK_SECONDS = 0.1
_JOB_MANAGER = "job-manager"


class ClusterFailed(HomeError):
    """The cluster cannot be started or is not there; the message says why and what to do."""


class Member(msgspec.Struct, frozen=True):
    """One process of the cluster, known by its id and when it started."""

    name: str
    process_id: int
    started: str

    @property
    def process(self) -> Started:
        return Started(self.process_id, self.started)


class Running(msgspec.Struct, frozen=True):
    """What is recorded of the cluster that was started last: contents of `cluster.json`."""

    rest_port: int
    members: tuple[Member, ...]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.rest_port}"

    @property
    def job_manager(self) -> Member:
        return self.members[0]

    @property
    def task_managers(self) -> tuple[Member, ...]:
        return self.members[1:]


class Cluster:
    """The cluster of one folder: its settings, logs, checkpoints and savepoints lie in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._record = self.folder / "cluster.json"

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    @property
    def savepoints(self) -> Path:
        return self.folder / "savepoints"

    def up(self, task_managers: int = 1, patience_seconds: float = READY_SECONDS) -> Running:
        """Starts what does not run, and returns once so many task managers are there. Raises ClusterFailed."""
        for folder in (self.folder, self.checkpoints, self.savepoints, self.folder / "logs"):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone():
            running = self.running()
            if running is None:
                running = self._start_job_manager()
                # A task manager that finds no job manager yet looks again only ten seconds later.
                self._await(running, 0, patience_seconds)
            running = self._start_task_managers(running, task_managers)
            self._await(running, task_managers, patience_seconds)
        return running

    def running(self) -> Running | None:
        """What runs of the cluster; None where its job manager does not."""
        recorded = self._recorded()
        if recorded is None or not processes.is_running(recorded.job_manager.process):
            return None
        alive = tuple(member for member in recorded.task_managers if processes.is_running(member.process))
        return Running(recorded.rest_port, (recorded.job_manager, *alive))

    def require(self) -> Running:
        """What runs of the cluster. Raises ClusterFailed where it does not."""
        running = self.running()
        if running is None:
            raise ClusterFailed(f"no Flink cluster of {self.folder} runs: start it with `millrace flink up`")
        return running

    def down(self) -> bool:
        """Stops the processes that were started here, and no others. False where none ran any more."""
        recorded = self._recorded()
        members = reversed(recorded.members) if recorded else ()
        stopped = [processes.stop(member.process, STOP_SECONDS) for member in members]
        return any(stopped)

    def environment(self) -> dict[str, str]:
        """What processes of the cluster and clients of it find in their environment."""
        python = Path(sys.executable).parent
        return {
            **os.environ,
            "JAVA_HOME": str(java_home()),
            # Without it PyFlink takes its own folder of archives, which lacks the connector.
            "FLINK_HOME": str(flink_home()),
            "FLINK_CONF_DIR": str(self.folder / "conf"),
            "FLINK_LIB_DIR": str(self.folder / "lib"),
            "FLINK_LOG_DIR": str(self.folder / "logs"),
            "FLINK_PID_DIR": str(self.folder / "pids"),
            "FLINK_IDENT_STRING": "millrace",
            "PATH": os.pathsep.join([str(python), os.environ.get("PATH", os.defpath)]),
            "PYTHONPATH": str(Path(streams.__file__).parent.parent),
        }

    def _start_job_manager(self) -> Running:
        home = flink_home()
        before = self._recorded()
        rest_port = free_port(before.rest_port if before else 0)
        self._lay_out(home, rest_port=rest_port, rpc_port=free_port(0))
        member = self._start(home, _JOB_MANAGER, "jobmanager.sh")
        return self._write(Running(rest_port, (member,)))

    def _start_task_managers(self, running: Running, wanted: int) -> Running:
        home = flink_home()
        names = [member.name for member in running.task_managers]
        numbered = (f"task-manager-{number}" for number in range(1, wanted + len(names) + 1))
        missing = [name for name in numbered if name not in names][: max(0, wanted - len(names))]
        started = [self._start(home, name, "taskmanager.sh") for name in missing]
        return self._write(Running(running.rest_port, (*running.members, *started)))

    def _start(self, home: Path, name: str, script: str) -> Member:
        output = self.folder / "logs" / f"{name}.out"
        output.unlink(missing_ok=True)
        # In the foreground the script becomes the Java process: the id recorded is that of the one to be stopped.
        command = [str(home / "bin" / script), "start-foreground"]
        process = processes.start(command, output, self.environment())
        return Member(name, process.process_id, process.started)

    def _lay_out(self, home: Path, **values: object) -> None:
        """Settings, and the folder of every archive that the cluster's class path takes."""
        conf, lib = self.folder / "conf", self.folder / "lib"
        shutil.rmtree(lib, ignore_errors=True)
        conf.mkdir(exist_ok=True)
        lib.mkdir()
        jars = [*(home / "lib").glob("*.jar"), *(home / "opt").glob("flink-python-*.jar")]
        for jar in (*jars, *locked_jars(_HERE / "jars.txt")):
            (lib / jar.name).symlink_to(jar)
        for settings in (home / "conf").glob("log*"):
            shutil.copyfile(settings, conf / settings.name)
        template = (_HERE / "config.yaml.txt").read_text(encoding="ascii")
        said = template.format(
            **values,
            slots=SLOTS,
            checkpoints=self.checkpoints.as_uri(),
            savepoints=self.savepoints.as_uri(),
            python=sys.executable,
            temporary=self.folder / "temporary",
        )
        (conf / "config.yaml").write_text(said, encoding="utf-8")

    def _await(self, running: Running, task_managers: int, patience_seconds: float) -> None:
        until = time.monotonic() + patience_seconds
        while (there := _registered(running.address)) is None or there < task_managers:
            for member in running.members:
                if not processes.is_running(member.process):
                    log = self.folder / "logs" / f"{member.name}.out"
                    raise ClusterFailed(f"the {member.name} of Flink ended at once; {log} says why")
            if time.monotonic() > until:
                raise ClusterFailed(f"Flink did not answer in {patience_seconds:.0f} s; see {self.folder / 'logs'}")
            time.sleep(_LOOK_SECONDS)

    def _recorded(self) -> Running | None:
        try:
            return msgspec.json.decode(self._record.read_bytes(), type=Running)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise ClusterFailed(f"{self._record} cannot be read ({error}): remove it if no cluster runs") from error

    def _write(self, running: Running) -> Running:
        written = self._record.with_suffix(".new")
        written.write_bytes(msgspec.json.encode(running))
        written.replace(self._record)
        return running

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def flink_home() -> Path:
    """Where the `apache-flink` wheel lies. Raises JarsMissing where it is not installed."""
    found = find_spec("pyflink")
    if found is None or found.origin is None:
        raise JarsMissing("Flink is missing: install the extra `flink` (pip install 'millrace[kafka,flink]')")
    return Path(found.origin).parent


def _registered(address: str) -> int | None:
    """How many task managers the job manager knows to be alive, None where it does not answer yet."""
    try:
        return int(httpx.get(f"{address}/overview", timeout=5.0).json()["taskmanagers"])
    except (httpx.HTTPError, ValueError, KeyError):
        return None
