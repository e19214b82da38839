"""What HTTP, the console and the command line are served by, whatever carries the log: embedded, or on Kafka."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from infra.home import Home, HomeError
from infra.settings import Settings
from processors.catalog import PROCESSORS
from schemas.event import Data
from sinks.clickhouse.sink import Result
from sinks.contract import Statement
from sinks.qdrant.contract import SearchIndex
from sinks.webhook.sink import WebhookSink
from sinks.worker import WorkerHealth
from streams.batch import CellId
from streams.cells import looked_up
from streams.embedded import Clock
from streams.log import Letter
from streams.observer import Observer
from streams.sequencer import Taken

Progress = Callable[[int, int], None]
# (stage, done, total): bytes while reading, rows while mapping, events while taking.
OnProgress = Callable[[str, int, int], None]


class NotOnThisLog(HomeError):
    """The verb makes no sense where the log is; the message says what to do instead."""


_LOOKED_UP = looked_up(PROCESSORS)


def require_looked_up(cell: CellId) -> None:
    """Raises LookupError for a cell that is not kept where answers can be read from it."""
    if cell.processor not in _LOOKED_UP:
        raise LookupError(f"cells of {cell.processor} are not kept for answers: say there that they are looked up")


class Behind(NamedTuple):
    """How far a tenant's fold is behind its journal: records, and event time in seconds."""

    tenant: str
    records: int
    seconds: float


class Records(Protocol):
    """What the log and the fold know, looked up."""

    def tenants(self) -> Sequence[str]:
        """Every tenant that anything is known of, sorted."""

    def letters(self, tenant: str, limit: int) -> Sequence[Letter]:
        """The tenant's dead letters, oldest first."""

    def letter(self, tenant: str, letter: str) -> Letter | None: ...

    def opened(self, tenant: str, letter: Letter) -> bytes | None:
        """A letter's bytes as they came; None where they were erased."""

    def now(self, tenant: str, machine_now: int) -> tuple[int, bool]:
        """The instant by which the tenant's promises are judged, and whether that is the machine's own."""

    def cell(self, tenant: str, cell: CellId) -> Mapping[str, bytes] | None:
        """What is saved of a cell; None where it has seen nothing, or nothing is at hand here (`lacking`).

        Raises LookupError for a processor that does not say that its cells are looked up: not every log has them.
        """

    def lacking(self) -> str | None:
        """Why no cell is at hand here, for people; None where all are."""

    def behind(self) -> Sequence[Behind]:
        """Each tenant's standing; none where that is others' to tell."""


class Changes(Protocol):
    """Statements as they are said, by a token that rises."""

    def statements(self, after: int, limit: int) -> Sequence[Statement]:
        """The next ones after a token."""

    def end(self) -> int:
        """The last token given."""


class Tables(Protocol):
    """The facts, as ClickHouse shows them."""

    def read(self, sql: str, parameters: Mapping[str, Any] | None = None) -> Result:
        """The rows of one SELECT. Raises ReadFailed."""


class Service(Protocol):
    """Everything behind one home folder."""

    home: Home
    settings: Settings
    clock: Clock
    # What ended the work here for good; serving ends with it.
    fold_failure: BaseException | None

    @property
    def clickhouse(self) -> Tables: ...

    @property
    def search_index(self) -> SearchIndex: ...

    @property
    def webhooks(self) -> WebhookSink: ...

    @property
    def records(self) -> Records: ...

    @property
    def changes(self) -> Changes: ...

    def start(self, *, fold: bool = True) -> None:
        """Brings the threads to life; without `fold` only those that a command needs that ends."""

    def stop(self) -> None: ...

    def close(self) -> None: ...

    def take(
        self,
        tenant: str,
        raws: Sequence[bytes],
        *,
        origin: str = "",
        backfill: bool = False,
        traces: Sequence[str | None] = (),
    ) -> list[Taken]:
        """Takes records at the door; what is accepted or queued is durable."""

    def record(self, tenant: str, data: Data, *, id: str, occurred_at: int | None = None) -> None:
        """Writes what Millrace itself has to say into the tenant's journal; durable at return, said once an id."""

    def on_change(self, listener: Callable[[], None]) -> None:
        """Calls a listener, from whatever thread, each time something may have been said. It must be quick."""

    def watch(self, observer: Observer, traceparent_of: Callable[[str], str | None]) -> None:
        """Tells an observer of what is taken and folded here; `traceparent_of` names an alert's trace."""

    def sink_healths(self) -> Sequence[WorkerHealth]: ...

    def sink_lags(self) -> Sequence[tuple[str, int]]:
        """(sink, statements it does not hold yet)."""

    def backlog(self) -> int:
        """How many records wait to be folded here."""

    def withheld(self) -> int:
        """Texts whose redaction failed here, so that nobody sees them."""

    def untold(self) -> int:
        """Texts whose meaning could not be told here: their words speak for themselves."""

    def trouble(self) -> BaseException | None:
        """What stopped the fold, or the reading of topics; None when all of it goes on."""

    def tidy(self) -> None:
        """What is to be done every now and then while serving."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A rebuild beside what was there: state hashes, tables that differ, refusals the journal does not know."""

    records: int
    old_hash: str
    new_hash: str
    differing_tables: tuple[str, ...]
    refusals: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether the rebuild says what was said before, byte for byte."""
        return self.old_hash == self.new_hash and not self.differing_tables


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of one dead letter that was sent again."""

    letter: str
    outcome: str
    detail: str = ""


class Operating(Protocol):
    """What an operator does. Raises NotOnThisLog for what is done by others where the log is."""

    def run_until_idle(self, progress: Progress | None = None) -> int:
        """Waits until everything is folded and in every sink; how many records this folded."""

    def tenant_hashes(self) -> dict[str, str]:
        """The state hash of each tenant. Raises HomeError where the state is not at hand."""

    def rebuild(self, progress: OnProgress | None = None, *, accept_refusals: bool = False) -> Proof: ...

    def redrive(
        self, tenant: str, letters: Sequence[str] = (), *, most: int = 1_000, reason: str = "", dry_run: bool = False
    ) -> list[Redriven]:
        """Sends dead letters again, oldest first: those named, or all not redriven yet, of one reason if given."""

    def bring(
        self,
        files: Sequence[str],
        mapping: str,
        tenant: str,
        *,
        limit: int | None = None,
        progress: OnProgress | None = None,
    ) -> dict[str, Any]:
        """Imports files (`PATH`, or `ROLE=PATH`) by a shipped mapping's name or a mapping file. Raises MappingError."""


MIGRATIONS = Path(__file__).parent / "clickhouse"
