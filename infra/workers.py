"""Starts worker processes, each in a folder of its own that no other process uses, and keeps them running."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from infra.home import HomeError
from streams.kafka.address import Address
from streams.kafka.backlog import Backlog
from streams.kafka.failures import BrokerUnreachable
from streams.runtimes.faust.settings import SESSION_SECONDS, START_AGAIN, WorkerSaid, WorkerSettings, worker_group

COMMAND: Final = (sys.executable, "-m", "infra.worker_process")
STOP_SECONDS: Final = 60.0
MOST_FOLDERS: Final = 256
MOST_LIVES_IN_VAIN: Final = 20
_LOOK_SECONDS: Final = 0.2


class WorkerEnded(HomeError):
    """A worker ended, and would end again; why is what it said."""


class _Worker:
    """One process with its folder; the lock on the folder lives as long as the process."""

    def __init__(
        self, folder: Path, lock: int, address: Address, session_seconds: float, command: Sequence[str]
    ) -> None:
        settings = WorkerSettings(str(address), str(folder), session_seconds)
        self.has_begun = False
        self.stopped: dict[int, str] = {}
        try:
            self.process = subprocess.Popen(
                [*command, msgspec.json.encode(settings).decode()],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=(lock,),
            )
        finally:
            os.close(lock)
        assert self.process.stdin is not None  # noqa: S101 - both are pipes, as asked for
        assert self.process.stdout is not None  # noqa: S101
        self._asked, self._said = self.process.stdin, self.process.stdout
        self._listener = threading.Thread(target=self._listen, name=f"worker {folder.name}", daemon=True)
        self._listener.start()

    def close(self) -> None:
        """Tells it to end."""
        self._asked.close()

    def wait(self, timeout_seconds: float) -> int:
        """Its exit code; it is ended by force when it takes longer."""
        try:
            code = self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self._listener.join()
        self._asked.close()
        return code

    def _listen(self) -> None:
        with self._said as lines:
            for line in lines:
                said = msgspec.json.decode(line, type=WorkerSaid)
                self.has_begun = self.has_begun or said.begun
                if said.stopped is not None:
                    self.stopped[said.stopped] = said.why


class Workers:
    """So many workers over one log. One that is killed or lost its way is started again; any other end ends all."""

    def __init__(
        self,
        address: Address,
        folders: Path,
        count: int,
        *,
        session_seconds: float = SESSION_SECONDS,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._address = address
        self._folders = folders
        self._session_seconds = session_seconds
        self._command = command
        self._workers: list[_Worker] = []
        self._lives_in_vain = 0
        try:
            for _ in range(count):
                self._workers.append(self._start())
        except BaseException:
            self.stop()
            raise

    @property
    def process_ids(self) -> list[int]:
        """The ids of the workers' processes."""
        return [worker.process.pid for worker in self._workers]

    @property
    def have_begun(self) -> bool:
        """Whether each of them folds the partitions it was given."""
        return all(worker.has_begun for worker in self._workers)

    @property
    def stopped(self) -> dict[int, str]:
        """Partitions that a worker had to stop, and why."""
        return {partition: why for worker in self._workers for partition, why in worker.stopped.items()}

    def run(self, is_over: Callable[[], bool] = lambda: False) -> None:
        """Keeps them running until `is_over`. Raises WorkerEnded."""
        while not is_over():
            self.look()
            time.sleep(_LOOK_SECONDS)

    def run_until_idle(self, is_over: Callable[[], bool] = lambda: False) -> None:
        """Runs until the journal is folded to its end, or `is_over`; a partition that was stopped is not waited for."""
        asked: list[Backlog] = []

        def is_idle() -> bool:
            if not self.have_begun:
                return False
            try:
                if not asked:
                    asked.append(Backlog(self._address, worker_group(self._address), self._address.topic("journal")))
                left = asked[0].by_partition()
            except BrokerUnreachable:
                # The workers wait for it, too.
                return False
            return not any(left[partition] for partition in left.keys() - self.stopped.keys())

        try:
            self.run(lambda: is_over() or is_idle())
        finally:
            for backlog in asked:
                backlog.close()

    def look(self) -> None:
        """Starts again what was killed. Raises WorkerEnded for one that ended by itself."""
        for place, worker in enumerate(self._workers):
            code = worker.process.poll()
            if code is None:
                continue
            worker.wait(0)
            if code >= 0 and code != START_AGAIN:
                raise WorkerEnded(f"a worker ended with {code}: see what it said; nothing is lost, start again")
            self._lives_in_vain = 0 if worker.has_begun else self._lives_in_vain + 1
            if self._lives_in_vain > MOST_LIVES_IN_VAIN:
                raise WorkerEnded(f"workers end before they begin, {self._lives_in_vain} in a row: see what they said")
            self._workers[place] = self._start()

    def stop(self) -> None:
        """Tells all of them to end and waits; what is under way is finished."""
        for worker in self._workers:
            worker.close()
        for worker in self._workers:
            worker.wait(STOP_SECONDS)

    def _start(self) -> _Worker:
        for number in range(MOST_FOLDERS):
            folder = self._folders / str(number)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
                continue
            return _Worker(folder, lock, self._address, self._session_seconds, self._command)
        raise HomeError(f"{self._folders}: {MOST_FOLDERS} workers run here already")
