"""The broker of a folder: started once, stopped by its own process, back on its port after a crash."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra import processes
from infra.kafka.broker import Broker, BrokerFailed, Running
from streams.kafka.address import parse_address
from streams.kafka.client import admin


def test_it_is_ready_in_time_and_started_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = Broker(tmp_path / "kafka")
    before = time.monotonic()
    running = own.up()
    seconds = time.monotonic() - before
    with capsys.disabled():
        print(f"\nbroker ready in {seconds:.1f} s (first start)")  # noqa: T201
    try:
        assert own.up() == running
        assert own.answers()
        found = admin(parse_address(f"kafka://{running.bootstrap}")).list_topics(timeout=10)
        assert [one.port for one in found.brokers.values()] == [running.port]
    finally:
        assert own.down()
    assert own.running() is None
    assert not own.down()


def test_it_comes_back_on_its_port_after_a_crash(own_broker: Broker) -> None:
    before = own_broker.running()
    own_broker.kill()
    assert own_broker.running() is None
    after = own_broker.up()
    assert before is not None
    assert (after.port, after.controller_port) == (before.port, before.controller_port)
    assert after.process_id != before.process_id


def test_only_the_process_it_started_is_stopped(tmp_path: Path) -> None:
    """An id that another process has by now is left alone: its start time differs."""
    own = Broker(tmp_path)
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        started = processes.started_at(other.pid)
        assert started is not None
        record = Running(other.pid, "some other time", 1, 2)
        (tmp_path / "broker.json").write_text(
            f'{{"process_id":{record.process_id},"started":"{record.started}","port":1,"controller_port":2}}'
        )
        assert own.running() is None
        assert not own.down()
        own.kill()
        assert other.poll() is None
        assert processes.is_running(processes.Started(other.pid, started))
    finally:
        other.kill()
        other.wait()


def test_a_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    own = Broker(tmp_path / "kafka")
    own.up()
    own.down()
    (tmp_path / "kafka" / "data" / "meta.properties").write_text("version=1\ncluster.id=another\nnode.id=7\n")
    with pytest.raises(BrokerFailed, match="ended at once"):
        own.up()


def test_a_process_that_ignores_the_request_is_ended_by_force(tmp_path: Path) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    output = tmp_path / "output"
    started = processes.start([sys.executable, "-c", deaf], output, os.environ)
    while not output.read_bytes():
        time.sleep(0.01)
    assert processes.stop(started, 0.2)
    assert not processes.is_running(started)
    assert not processes.stop(started, 0.2)
