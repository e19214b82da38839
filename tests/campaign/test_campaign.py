"""Whatever dies while twelve tenants send: nothing acknowledged is lost, and nothing is shown or delivered twice."""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from random import Random

import pytest

from infra.kafka.broker import Broker
from streams.kafka.address import Address
from streams.kafka.backlog import Backlog
from streams.kafka.groups import known_groups
from streams.kafka.said import decode_alert
from streams.kafka.seat import FAMILIES
from streams.kafka.statements import FACT_TOPICS
from streams.kafka.topics import apply_topics
from streams.runtimes.faust.settings import worker_group
from tests.campaign.company import Company
from tests.campaign.crowd import TENANTS, Crowd
from tests.campaign.plan import FULL, QUICK, SEED, Counts
from tests.campaign.twin import millrace, shown, twin_of
from tests.faust.carried import read_all
from tests.kafka.sequenced import journal
from tests.sinks_webhook.receiver import Received, Receiver

CALM_SECONDS = 60.0
MOST_APART_SECONDS = 3.0
_SINK_TOPICS = {"clickhouse": FACT_TOPICS, "qdrant": ("facts",), "webhooks": ("alerts",)}
_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # invented, for this test alone
_SETTINGS = """
[alerts]
allow_http = true
allow_private_addresses = true
any_port = true
max_age_seconds = 2592000
"""
_ENDPOINT = """
[[webhooks]]
id = "on-call"
tenant = "{tenant}"
url = "{url}"
secrets = ["{secret}"]
"""


@pytest.mark.chaos
def test_a_campaign(own_broker: Broker, own_address: Address, tmp_path: Path) -> None:
    live_through(QUICK, own_broker, own_address, tmp_path)


@pytest.mark.chaos
def test_a_long_campaign(own_broker: Broker, own_address: Address, tmp_path: Path) -> None:
    live_through(FULL.asked(), own_broker, own_address, tmp_path)


def live_through(counts: Counts, broker: Broker, log: Address, folder: Path) -> None:
    """Everything runs, dies and comes back as often as was asked for; then all of it must be as if nothing had been."""
    apply_topics(log)
    home, draw = folder / "home", Random(SEED)
    sys.stdout.write(f"MILLRACE_SEED={SEED} {counts}\n")
    with Receiver() as receiver:
        home.mkdir()
        endpoints = [_ENDPOINT.format(tenant=tenant, url=receiver.url(), secret=_SECRET) for tenant in TENANTS]
        settings = home / "settings.toml"
        settings.touch(0o600)
        settings.write_text(_SETTINGS + "".join(endpoints))
        company, crowd = Company(log, home, broker, draw), Crowd(log, counts.events, SEED)
        try:
            disturb(company, crowd, counts, draw)
            took = wait_until_calm(company, log)
            company.stop_sequencer()
            wait_until_calm(company, log)
        finally:
            company.stop()
        sys.stdout.write(f"{dict(company.died)}; all was calm {took:.1f} s after the last fault\n")
        check(log, home, crowd, receiver.received, folder / "twin")
    assert company.died["sequencer"] + company.died["worker"] == counts.kills
    assert company.died["sink"] == counts.sink_kills
    assert company.died["broker"] == counts.broker_restarts
    assert company.died["(joined)"] + company.died["(left)"] == counts.rebalances


def disturb(company: Company, crowd: Crowd, counts: Counts, draw: Random) -> None:
    """One fault after another while the crowd sends."""
    faults = counts.faults(draw)
    crowd.start(seconds=MOST_APART_SECONDS * len(faults))
    acts = {
        "kill": company.kill,
        "sink": company.kill_sink,
        "broker": company.restart_broker,
        "join": company.join,
        "leave": company.leave,
    }
    try:
        for fault in faults:
            until = time.monotonic() + draw.uniform(0.3, MOST_APART_SECONDS)
            while time.monotonic() < until:
                company.look()
                time.sleep(0.05)
            acts[fault]()
    finally:
        crowd.finish()


def wait_until_calm(company: Company, log: Address) -> float:
    """How long it takes until intake, journal and sinks hold nothing that waits."""
    began = time.monotonic()
    while (left := lags(log)) and time.monotonic() < began + CALM_SECONDS:
        company.look()
        time.sleep(0.2)
    assert not left, f"behind after {CALM_SECONDS:.0f} s: {left}"
    return time.monotonic() - began


def lags(log: Address) -> Mapping[str, int]:
    """Whoever is behind, and by how many records."""
    found = sink_lags(log)
    intake = sequencer_lag(log)
    backlog = Backlog(log, worker_group(log), log.topic("journal"))
    try:
        found += Counter({"sequencer": intake, "workers": sum(backlog.by_partition().values())})
    finally:
        backlog.close()
    return found


def sink_lags(log: Address) -> Counter[str]:
    """Records that a sink has not taken, whether it runs at the moment or not; one that never began is behind."""
    found: Counter[str] = Counter()
    for name, topics in _SINK_TOPICS.items():
        groups = known_groups(log, f"millrace-{name}-")
        found[name] = not groups
        for group, topic in product(groups, topics):
            backlog = Backlog(log, group, log.topic(topic))
            found[name] += sum(backlog.by_partition().values())
            backlog.close()
    return +found


def sequencer_lag(log: Address) -> int:
    """Intake records that the journal does not tell of as taken, by the group's stored offsets."""
    left = 0
    for family in FAMILIES:
        backlog = Backlog(log, f"{log.prefix}millrace-sequencer", log.topic(family))
        left += sum(backlog.by_partition().values())
        backlog.close()
    return left


def check(log: Address, home: Path, crowd: Crowd, received: list[Received], twin: Path) -> None:
    """Against the journal that came of it, folded by one undisturbed machine."""
    journals = journal(log)
    ids = Counter((tenant, event.id) for tenant, events in journals.items() for event in events)
    assert not crowd.acknowledged - ids.keys()
    assert set(ids.values()) == {1}
    ended_at = max(events[-1].recorded_at for events in journals.values())
    assert millrace(home, "--log", str(log), "state-hash").strip() == twin_of(log, home, twin, ended_at)
    here, there = shown(home, TENANTS), shown(twin, TENANTS)
    assert here == there
    assert all(rows == facts for counted in here.rows.values() for _, rows, facts in counted)
    assert sum(here.documents.values()) > 0
    check_webhooks(log, received)


def check_webhooks(log: Address, received: list[Received]) -> None:
    """Of one id there is one body only, and every alert that still holds was delivered."""
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for one in received:
        bodies[one.webhook_id].add(one.body)
    assert all(len(found) == 1 for found in bodies.values())
    withdrawn: dict[str, bool] = {}
    for message in read_all(log, log.topic("alerts")):
        alert = decode_alert(message.value() or b"")
        withdrawn[alert.alert_id] = alert.withdrawn
    told = {id_.removesuffix(".withdrawn") for id_ in bodies}
    assert told <= withdrawn.keys()
    assert {id_ for id_, gone in withdrawn.items() if not gone} <= told
    assert told
