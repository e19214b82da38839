"""Jobs given to a cluster: the one that folds a log for ever or until nothing waits, and replays that end."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from infra.flink.cluster import Cluster, ClusterFailed
from schemas.decode import encode
from streams.kafka.address import Address
from streams.kafka.ahead import refusals_ahead
from streams.kafka.backlog import Backlog
from streams.kafka.journal_place import JournalPlace, forget_group, journal_place
from streams.kafka.saved_hash import saved_hashes
from streams.named_catalog import CATALOG
from streams.runtimes.flink.settings import STATE_PARAMETER, JobSettings, Mode, Result, job_group, job_name
from streams.table_store import Place

STOP_SECONDS = 300.0
# A failing step is left out once the sequencer has said so; so long it may take.
REFUSAL_SECONDS = 30.0

_LOOK_SECONDS = 0.2
_ENDED = ("FAILED", "CANCELED", "FINISHED")
_IDLE_CHECKPOINT_MILLISECONDS = 1_000
# What Python said, in the words of Java: of a thread, and of a process beside it.
_SAID = re.compile(
    r"^(?:Caused by: pemja\.core\.PythonException: <class '[\w.]+'>|[\w.]*\.?[A-Z]\w+): (.+)$", re.MULTILINE
)
_OFFSET = re.compile(r"partition\.(\d+)\.currentOffset$")
_METRICS_AT_ONCE = 50
# The client's Java lives for seconds: compiling it well would cost more than it saves.
_CLIENT = {"JVM_ARGS": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m"}


class JobFailed(ClusterFailed):
    """A job ended before it should; the message says why and what to do."""


class Jobs:
    """The jobs of one log on one cluster. `catalog` names the processors: `module:NAME`; `options` are Flink's own."""

    def __init__(
        self, cluster: Cluster, address: Address, catalog: str = CATALOG, options: Mapping[str, str] | None = None
    ) -> None:
        self._cluster = cluster
        self._address = address
        self._catalog = catalog
        self._options = dict(options or {})

    def running(self) -> str | None:
        """The id of the job that folds the log, None where there is none."""
        return self._found(job_name(str(self._address), bounded=False))

    def submit(self, parallelism: int, mode: Mode, *, checkpoint_milliseconds: int = 10_000) -> str:
        """Starts folding, from where the last job of this log and mode stood; the job's id. Raises JobFailed."""
        if self.running() is not None:
            raise JobFailed(f"a job folds {self._address} already: stop it first with `millrace flink stop`")
        place = journal_place(self._address)
        folder = self._state(place, mode)
        folder.mkdir(parents=True, exist_ok=True)
        forget_group(self._address, job_group(self._address.prefix))
        settings = self._settings(
            place,
            parallelism=parallelism,
            mode=mode,
            state=folder.as_uri(),
            restore=newest_state(folder),
            checkpoint_milliseconds=checkpoint_milliseconds,
        )
        told = list(self._submitted(settings))
        job: str = told[0]["job"]
        return job

    def run_until_idle(self, parallelism: int, mode: Mode, stop: Callable[[], bool] = lambda: False) -> None:
        """Folds until the journal's end, then tells the hashes and keeps the state. Raises JobFailed."""
        while not stop():
            job = self.submit(parallelism, mode, checkpoint_milliseconds=_IDLE_CHECKPOINT_MILLISECONDS)
            try:
                ends = self._await_end(job, stop)
            finally:
                if self._state_of(job) not in _ENDED:
                    self.stop()
            held = sorted(tenant for tenant, told in saved_hashes(self._address).items() if told.held)
            if not held:
                return
            self._await_refusals(ends, held, stop)

    def replay(
        self,
        parallelism: int,
        mode: Mode,
        *,
        generation: int | None = None,
        accept_refusals: bool = False,
    ) -> list[Result]:
        """Folds the journal from its beginning to its present end, apart from everything else. Raises JobFailed."""
        place = journal_place(self._address)
        folder = self._cluster.folder / "replays"
        folder.mkdir(parents=True, exist_ok=True)
        settings = self._settings(
            place,
            parallelism=parallelism,
            mode=mode,
            ends=place.ends,
            generation=generation,
            accept_refusals=accept_refusals,
            state=folder.as_uri(),
        )
        told = list(self._submitted(settings))
        return [msgspec.convert(one, Result) for one in told[1:]]

    def stop(self) -> bool:
        """Folds what was read, tells the hashes, keeps the state and ends the job. False where none ran."""
        job = self.running()
        if job is None:
            return False
        until, location = time.monotonic() + STOP_SECONDS, None
        while location is None and not self._has_finished(job):
            # While a lost task manager is replaced no state can be kept; afterwards it can.
            if time.monotonic() > until:
                raise JobFailed(f"the state of job {job} could not be kept, and it goes on: see {self._logs}")
            location = self._saved(job)
        self._await(None, lambda: self._state_of(job) in _ENDED, STOP_SECONDS)
        if location is not None:
            _forget_older(Path(location.removeprefix("file:")))
        return True

    def _saved(self, job: str) -> str | None:
        """Where the state lies that a job that ends has kept; None where it could not, and goes on or has finished."""
        self._await(job, lambda: self._is_running(job) or self._has_finished(job), STOP_SECONDS)
        if self._has_finished(job):
            return None
        said = {"drain": True, "formatType": "CANONICAL", "targetDirectory": self._folder_of(job)}
        asked = self._ask("POST", f"/jobs/{job}/stop", said)
        answer: dict[str, Any] = {}

        def is_complete() -> bool:
            answer.update(self._ask("GET", f"/jobs/{job}/savepoints/{asked['request-id']}"))
            return bool(answer["status"]["id"] == "COMPLETED")

        self._await(None, is_complete, STOP_SECONDS)
        location: str | None = answer["operation"].get("location")
        return location

    def _has_finished(self, job: str) -> bool:
        """Whether it came to its end. One that lost a task while it stopped may, and keeps no state of that end."""
        return self._state_of(job) == "FINISHED"

    def _is_running(self, job: str) -> bool:
        """Whether every task of it runs."""
        counts = self._ask("GET", f"/jobs/{job}")["status-counts"]
        return bool(counts["RUNNING"] and counts["RUNNING"] == sum(counts.values()))

    @property
    def _logs(self) -> Path:
        return self._cluster.folder / "logs"

    def _settings(self, place: JournalPlace, **said: Any) -> JobSettings:
        ahead = refusals_ahead(self._address, {partition: Place() for partition in place.ends})
        refusals = tuple(encode(event) for events in ahead.values() for event in events)
        return JobSettings(
            str(self._address),
            place.partitions,
            refusals=refusals,
            catalog=self._catalog,
            options=self._options,
            **said,
        )

    def _submitted(self, settings: JobSettings) -> Iterator[Any]:
        """What the client that gives the job to the cluster tells, line by line. Raises JobFailed."""
        running = self._cluster.require()
        said = msgspec.json.encode(settings).decode()
        command = [sys.executable, "-m", "streams.runtimes.flink", "127.0.0.1", str(running.rest_port), said]
        log = self._logs / "client.out"
        with log.open("wb") as errors:
            done = subprocess.run(
                command, env=self._cluster.environment() | _CLIENT, stdout=subprocess.PIPE, stderr=errors, check=False
            )
        if done.returncode:
            raise JobFailed(f"the job did not end well: {_reason(log.read_text(errors='replace'))} (more in {log})")
        yield from map(json.loads, done.stdout.splitlines())

    def _state(self, place: JournalPlace, mode: Mode) -> Path:
        """Where the checkpoints and savepoints of this journal lie. Those of one mode are of no use to the other."""
        journal = f"{self._address.topic('journal')} {place.id}"
        return self._cluster.folder / "state" / f"{blake2b(journal.encode(), digest_size=8).hexdigest()}-{mode}"

    def _await_end(self, job: str, stop: Callable[[], bool]) -> dict[int, int]:
        """Waits until everything the journal holds is read, for a job that drains folds what it has read; its ends."""
        ends: dict[int, int] = {}
        backlog = Backlog(self._address, job_group(self._address.prefix), self._address.topic("journal"))

        def is_read() -> bool:
            # Offsets are stored up to ten seconds after a partition was read to its end; of one of which nothing was
            # read, because the job goes on from its end, no other number tells.
            left, read = backlog.by_partition(), self._read(job)
            ends.update(journal_place(self._address).ends)
            return all(not left[partition] or read.get(partition, 0) >= end for partition, end in ends.items())

        try:
            self._await(job, lambda: stop() or is_read())
        finally:
            backlog.close()
        return ends

    def _read(self, job: str) -> dict[int, int]:
        """The next offset of each partition of which the job has read something."""
        source = self._ask("GET", f"/jobs/{job}")["vertices"][0]["id"]
        path = f"/jobs/{job}/vertices/{source}/metrics"
        names = [one["id"] for one in self._ask("GET", path) if _OFFSET.search(one["id"])]
        found: dict[int, int] = {}
        for first in range(0, len(names), _METRICS_AT_ONCE):
            asked = quote(",".join(names[first : first + _METRICS_AT_ONCE]))
            for one in self._ask("GET", f"{path}?get={asked}"):
                found[int(one["id"].split(".")[-2])] = int(one["value"]) + 1
        return found

    def _await_refusals(self, ends: dict[int, int], held: list[str], stop: Callable[[], bool]) -> None:
        until = time.monotonic() + REFUSAL_SECONDS
        while journal_place(self._address).ends == ends and not stop():
            if time.monotonic() > until:
                raise JobFailed(
                    f"failing steps hold back {', '.join(held)}, and the journal does not say that they are left out: "
                    "is `millrace sequencer` running?"
                )
            time.sleep(_LOOK_SECONDS)

    def _await(self, job: str | None, is_done: Callable[[], bool], patience_seconds: float | None = None) -> None:
        until = None if patience_seconds is None else time.monotonic() + patience_seconds
        while not is_done():
            if job is not None and self._state_of(job) in _ENDED:
                told = self._ask("GET", f"/jobs/{job}/exceptions").get("root-exception") or "it was cancelled"
                raise JobFailed(f"job {job} ended: {_reason(told)}")
            if until is not None and time.monotonic() > until:
                raise JobFailed(f"job {job} did not answer in {patience_seconds:.0f} s; see {self._logs}")
            time.sleep(_LOOK_SECONDS)

    def _found(self, name: str) -> str | None:
        jobs = self._ask("GET", "/jobs/overview")["jobs"]
        return next((job["jid"] for job in jobs if job["name"] == name and job["state"] not in _ENDED), None)

    def _folder_of(self, job: str) -> str:
        """Where the state of a running job lies."""
        return str(self._ask("GET", f"/jobs/{job}/config")["execution-config"]["user-config"][STATE_PARAMETER])

    def _state_of(self, job: str) -> str:
        return str(self._ask("GET", f"/jobs/{job}")["state"])

    def _ask(self, method: str, path: str, said: object = None) -> Any:
        address = self._cluster.require().address
        answer = httpx.request(method, address + path, json=said, timeout=30.0)
        if answer.is_error:
            raise ClusterFailed(f"Flink refused {method} {path}: {answer.text[:500]}")
        return answer.json()


def newest_state(folder: Path) -> str:
    """The newest complete checkpoint or savepoint in a folder, as an address; empty where there is none."""
    found = sorted(folder.rglob("_metadata"), key=lambda file: file.stat().st_mtime_ns)
    return found[-1].parent.as_uri() if found else ""


def _forget_older(kept: Path) -> None:
    for other in kept.parent.iterdir():
        if other != kept:
            shutil.rmtree(other, ignore_errors=True)


def _reason(trace: str) -> str:
    """The last thing that Python said in a trace of Java's; else how the trace begins."""
    said = _SAID.findall(trace)
    return str(said[-1]) if said else trace.strip()[:500]
