"""A folder made as of an instant says what was said then: the same state, tables, reasons and hits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from infra.answers import Answers
from infra.application import Application
from infra.as_of import make_as_of
from infra.cli.transfer import copy_keys
from infra.home import Home, HomeError
from infra.operations import Operations
from infra.settings import Settings
from infra.sla_why import promises_why
from processors.catalog import PROCESSORS
from replay.as_of import KnownBy, known_records
from schemas.instant import DAY, HOUR
from schemas.system import BackfillEnded, BackfillStarted
from streams.database import Database
from streams.embedded import Embedded
from streams.failures import JournalEnded
from streams.sqlite_log import JournalFile
from streams.state_hash import tenant_hash
from tests.laws.story import START, Said, Story

TENANT, OTHER = "acme", "beta"
STORY = Story(7, days=2, tickets=8)
WINDOW = 8 * HOUR
THEN = START + DAY


class Known(NamedTuple):
    """All that one folder says of a tenant."""

    state_hash: str
    tables: dict[str, str]
    why: dict[str, list[Any]]
    clocks: dict[str, list[Any]]
    hits: list[Any]


def known(application: Application) -> Known:
    answers, runtime = Answers(application), application.runtime
    tickets = [row[0] for row in answers.sql(TENANT, "SELECT ticket FROM tickets ORDER BY ticket").rows]
    accounts = [row["account"] for row in answers.accounts(TENANT)]
    with runtime.holding():
        state_hash = tenant_hash(runtime.store, TENANT, PROCESSORS)
    return Known(
        state_hash,
        dict(application.clickhouse.tables_digest(TENANT)),
        {id_: msgspec.to_builtins(answers.why(TENANT, id_)) for id_ in [*tickets, *sorted(accounts)]},
        {ticket: promises_why(application, TENANT, ticket) for ticket in tickets},
        answers.search(TENANT, "the invoice and the export", limit=50),
    )


@contextmanager
def opened(home: Home, now: list[int]) -> Iterator[Application]:
    application = Application(home, Settings(), clock=lambda: now[0])
    try:
        application.start(fold=False)
        yield application
    finally:
        application.stop()
        application.close()


def live(application: Application, now: list[int], said: Sequence[Said], until: int) -> None:
    """Takes what happened as it happens, a window at a time, and folds it with all that was due."""
    waiting = list(said)
    while now[0] < until:
        now[0] += WINDOW
        taken = [one.raw for one in waiting if one.at <= now[0]]
        waiting = [one for one in waiting if one.at > now[0]]
        for tenant in (TENANT, OTHER) if taken else ():
            application.take(tenant, taken)
        Operations(application).run_until_idle()


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Known]]:
    """A folder that went on after an instant, still open, and what it had said then."""
    home, now = Home(tmp_path_factory.mktemp("lived") / "home"), [START]
    home.create()
    with opened(home, now) as application:
        live(application, now, STORY.said, THEN)
        then = known(application)
        live(application, now, [one for one in STORY.said if one.at > THEN], START + 2 * DAY)
        yield home, then


@pytest.fixture(scope="module")
def past(lived: tuple[Home, Known], tmp_path_factory: pytest.TempPathFactory) -> Home:
    """That folder as of the instant."""
    folder = tmp_path_factory.mktemp("past") / "then"
    made = make_as_of(lived[0], THEN, folder, [TENANT])
    assert list(made.records) == [TENANT]
    return Home(folder)


def test_everything_is_said_as_it_was_said_then_and_nothing_can_be_added(lived: tuple[Home, Known], past: Home) -> None:
    then = lived[1]
    assert len(then.why) > 8
    assert then.hits
    with closing(Application.open(past)) as application:
        assert known(application) == then
        assert application.records.tenants() == [TENANT]
        assert application.records.now(TENANT, START + 90 * DAY) == (THEN, False)
        with pytest.raises(JournalEnded, match=r"as of 2026-03-03T00:00:00Z.*home folder that this one was made"):
            application.take(TENANT, [STORY.said[-1].raw])
        application.start(fold=False)
        assert Operations(application).run_until_idle() == 0
        application.stop()
        assert tenant_hash(application.runtime.store, TENANT, PROCESSORS) == then.state_hash


def test_the_past_has_a_past(lived: tuple[Home, Known], past: Home, tmp_path: Path) -> None:
    at = START + 8 * HOUR
    with closing(Database(lived[0].journal)) as database:
        known_then = sum(map(len, known_records(JournalFile(database), TENANT, KnownBy(at))))
    assert make_as_of(past, at, tmp_path / "earlier").records == {TENANT: known_then}
    with pytest.raises(HomeError, match="still to come"):
        make_as_of(past, THEN + HOUR, tmp_path / "later")


def test_an_imported_history_is_lived_again(tmp_path: Path) -> None:
    whole, half, folder = tmp_path / "whole", tmp_path / "half", tmp_path / "then"
    for root, until in ((whole, START + 9 * DAY), (half, THEN)):
        root.mkdir()
        if root is half:
            # What stands for a person's address is made with the tenant's key.
            copy_keys(whole, half)
        _import(root, [one for one in STORY.said if one.at <= until], min(until, STORY.said[-1].at))
    made = make_as_of(Home(whole), THEN, folder)
    assert made.as_of == "2026-03-03T00:00:00Z"
    assert _hash(folder) == _hash(half) != _hash(whole)


def _import(root: Path, said: Sequence[Said], until: int) -> None:
    """A history that comes in years later, in one night."""
    with closing(Embedded(root, PROCESSORS, clock=lambda: START + 800 * DAY)) as runtime:
        runtime.record(TENANT, BackfillStarted(name="old", clock="journal"), id="began", occurred_at=said[0].at)
        runtime.take(TENANT, [one.raw for one in said], backfill=True)
        runtime.record(TENANT, BackfillEnded(name="old"), id=f"as-of-{until}", occurred_at=until)
        runtime.fold_all()


def _hash(root: Path) -> str:
    with closing(Embedded(root, PROCESSORS)) as runtime:
        return tenant_hash(runtime.store, TENANT, PROCESSORS)


@pytest.mark.parametrize(
    ("at", "tenants", "words"),
    [
        (START - DAY, [], "nothing was known by 2026-03-01T00:00:00Z: name a later instant"),
        (START + 90_000 * DAY, [], "is still to come"),
        (THEN, ["gamma"], "nobody has said anything as 'gamma'; there are acme, beta"),
    ],
)
def test_what_cannot_be_made_leaves_nothing(
    lived: tuple[Home, Known], tmp_path: Path, at: int, tenants: list[str], words: str
) -> None:
    with pytest.raises(HomeError, match=words):
        make_as_of(lived[0], at, tmp_path / "then", tenants)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_left_alone(lived: tuple[Home, Known], tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(HomeError, match="is there already"):
        make_as_of(lived[0], THEN, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
