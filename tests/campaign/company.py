"""Everything that runs where a log is on Kafka, as processes of their own that may be killed and are started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from infra.kafka.broker import Broker
from infra.workers import Workers
from streams.failpoint import SEQUENCER_FAILPOINTS
from streams.kafka.address import Address

_STOP_SECONDS = 60.0
_SINKS = ("clickhouse", "qdrant", "webhooks")


class Company:
    """One sequencer, three sinks, one worker and at times a second one. `died` counts who was killed."""

    def __init__(self, log: Address, home: Path, broker: Broker, draw: Random) -> None:
        self.died: Counter[str] = Counter()
        self._log = log
        self._home = home
        self._broker = broker
        self._draw = draw
        self._names = ["sequencer", *(f"sink {sink}" for sink in _SINKS)]
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._workers = [self._new_workers()]
        self.look()

    def look(self) -> None:
        """Starts again what was killed; what ended by itself is an error."""
        for name in self._names:
            running = self._processes.get(name)
            code = None if running is None else running.poll()
            if running is None or code == -signal.SIGKILL:
                self._start(name)
            else:
                assert code is None, f"{name} ended with {code}"
        for workers in self._workers:
            workers.look()

    def kill(self) -> None:
        """Kills the sequencer or a worker, anywhere; a sequencer at times dies at a named place of its next life, too.

        That one more death is not counted.
        """
        name = self._draw.choice(("sequencer", "worker"))
        if name == "worker":
            number = self._draw.choice([number for workers in self._workers for number in workers.process_ids])
            os.kill(number, signal.SIGKILL)
        else:
            self._processes[name].kill()
            if self._draw.random() < 0.5:
                self._processes[name].wait()
                self._start(name, f"{self._draw.choice(SEQUENCER_FAILPOINTS)}:{self._draw.randint(1, 3)}")
        self.died[name] += 1

    def kill_sink(self) -> None:
        """Kills one of the sinks, anywhere."""
        name = f"sink {self._draw.choice(_SINKS)}"
        self._processes[name].kill()
        self.died["sink"] += 1

    def restart_broker(self) -> None:
        """The broker dies, is away for a moment, and comes back."""
        self._broker.kill()
        time.sleep(self._draw.uniform(0, 1))
        self._broker.up()
        self.died["broker"] += 1

    def join(self) -> None:
        """One worker more."""
        self._workers.append(self._new_workers())
        self.died["(joined)"] += 1

    def leave(self) -> None:
        """One worker less: the one that is there for longest."""
        self._workers.pop(0).stop()
        self.died["(left)"] += 1

    def stop_sequencer(self) -> None:
        """Nobody writes the journal from here on, not even that time passes."""
        self._names.remove("sequencer")
        process = self._processes.pop("sequencer")
        process.terminate()
        assert process.wait(_STOP_SECONDS) == 0

    def stop(self) -> None:
        """Tells all of them to end, each after what it has in hand."""
        for workers in self._workers:
            workers.stop()
        self._workers = []
        for process in self._processes.values():
            process.terminate()
        for name, process in self._processes.items():
            try:
                assert process.wait(_STOP_SECONDS) in (0, -signal.SIGKILL, -signal.SIGTERM), name
            finally:
                process.kill()
        self._processes = {}

    def _new_workers(self) -> Workers:
        return Workers(self._log, self._home / "workers", 1, session_seconds=6.0)

    def _start(self, name: str, failpoint: str = "") -> None:
        command = [sys.executable, "-m", "infra.cli.main", *name.split()]
        command += ["--log", str(self._log), "--home", str(self._home)]
        environment = {**os.environ, "MILLRACE_FAILPOINT": failpoint}
        with (self._home / f"{name}.log").open("ab") as said:
            self._processes[name] = subprocess.Popen(command, env=environment, stderr=said)
