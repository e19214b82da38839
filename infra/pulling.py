"""Reads a connected tool's history through its API into a tenant's journal, page by page, and goes on where it ended.

After each page the journal says how far it came (`source.pulled`), behind all that the page said. So an interruption
costs a page at most, and what is read again is known by its ids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

import orjson

from infra.pull_heard import HEARD_WITHIN, Heard
from infra.tool_web import CursorGone, PullFailed, ToolWeb
from schemas.event import Data, Event
from schemas.instant import HOUR, MINUTE, format_if_known
from schemas.sources import SourcePulled
from schemas.system import BackfillEnded, BackfillStarted
from streams.connectors.contract import Made
from streams.connectors.pulling import Ask, NotUnderstood, Page, Puller, Voice
from streams.connectors.request import Request, Setup
from streams.connectors.saying import Saying
from streams.embedded import Embedded
from streams.history.door import Outcome

# Tools show a change a little after it happened, and their clocks are not ours: so much is read twice.
OVERLAP = HOUR
# Older events are history: never late, and what is due by the clock of today waits until all of a page has come.
# So nothing is raised about a ticket whose answer stands further down.
HISTORY_IS_OLDER_THAN = MINUTE
MOST_VISITS = 3
_READ_RECORDS = 2_000
_TAKEN_RECORDS = 2_000

Tell = Callable[[int, int, str], None]


class Journal(Protocol):
    """What a pull reads of a journal, and how it writes into it. What a call has returned from is durable."""

    def end(self, tenant: str) -> int:
        """The tenant's last position, 0 where it has none."""

    def read(self, tenant: str, after: int, limit: int) -> Sequence[Event]:
        """The tenant's next records after a position, in order."""

    def take(self, tenant: str, raws: Sequence[bytes], *, origin: str, backfill: bool) -> Sequence[Outcome]:
        """Takes events at the door; one outcome each."""

    def record(self, tenant: str, data: Data, *, id: str, occurred_at: int | None = None) -> object:
        """Writes what Millrace itself has to say."""


class EmbeddedJournal:
    """The journal of the embedded runtime."""

    def __init__(self, embedded: Embedded) -> None:
        self.end = embedded.log.end
        self.read = embedded.log.read
        self.take = embedded.take
        self.record = embedded.record


class LookedBack(NamedTuple):
    """The last page that was pulled, digests of the ids that the tool's events bear, and a history left unended.

    `heard` is when something was told by a webhook that did not say what, by its voice.
    """

    last: SourcePulled | None
    known: set[bytes]
    unended: bool
    heard: Heard


def look_back(journal: Journal, puller: Puller, tenant: str, label: str, *, everything: bool) -> LookedBack:
    """What the journal knows of a connection: all of it, or since a little before what has wholly been read."""
    last: SourcePulled | None = None
    known: set[bytes] = set()
    unended: bool | None = None
    since = 0
    heard = Heard()
    for event in _backwards(journal, tenant):
        if unended is None and isinstance(event.data, BackfillStarted | BackfillEnded):
            unended = isinstance(event.data, BackfillStarted) and event.data.name == _history_of(label)
        if last is None and isinstance(event.data, SourcePulled) and event.data.connection == label:
            last = event.data
            since = 0 if everything or last.until_at is None else last.until_at - OVERLAP - HEARD_WITHIN
        if event.source == label:
            known.add(_short(event.id))
            heard.note(puller.voice(event.id, event.type, event.data), event.occurred_at)
        if event.recorded_at < since:
            break
    return LookedBack(last, known, bool(unended), heard)


def _backwards(journal: Journal, tenant: str) -> Iterator[Event]:
    end = journal.end(tenant)
    while end > 0:
        after = max(0, end - _READ_RECORDS)
        yield from reversed(journal.read(tenant, after, end - after))
        end = after


class Pull:
    """One pull of one connection. `since` reads anew what changed from an instant on, whatever was read before."""

    def __init__(
        self,
        puller: Puller,
        web: ToolWeb,
        journal: Journal,
        tenant: str,
        setup: Setup,
        clock: Callable[[], int],
        *,
        since: int | None = None,
    ) -> None:
        self._puller = puller
        self._web = web
        self._journal = journal
        self._tenant = tenant
        self._setup = setup
        self._clock = clock
        looked = look_back(journal, puller, tenant, setup.label, everything=since is not None)
        last, self._known, self._unended, self._heard = looked
        self._began_at = now = clock()
        self._until: int | None = None
        self._fresh = True
        if since is not None or last is None:
            self._cursor = puller.begin(since)
        else:
            self._until = last.until_at
            self._began_at = now if last.whole else last.began_at
            self._cursor, self._fresh = (last.cursor, False) if last.cursor else (self._begun(), True)
        self._newest: int | None = None
        self._counts: Counter[str] = Counter()

    def run(self, tell: Tell) -> dict[str, Any]:
        """Reads until the tool has nothing more; the counts. Raises PullFailed: what was read so far is kept."""
        if self._unended:
            self._end_history(0, None)
        visits: Counter[bytes] = Counter()
        while True:
            page = self._read()
            visits[_marks(page)] += 1
            if visits[_marks(page)] > MOST_VISITS:
                raise PullFailed(f"{self._puller.source} sends the same page again and again: run it again later")
            self._bring(page)
            until = self._began_at if page.whole else self._until
            self._say(page, until)
            self._counts["pages"] += 1
            self._counts["rows"] += len(page.rows)
            rows = self._counts["rows"]
            tell(rows, max(rows, page.total or 0), f"pulling {self._setup.label}")
            if page.whole:
                return self._report(until)
            self._cursor, self._fresh = page.next, False

    def _read(self) -> Page:
        """The next page. Where the cursor is gone, that of the last instant before which all was read."""
        try:
            body = self._web.page(self._puller.ask(self._cursor), may_be_gone=not self._fresh)
        except CursorGone:
            self._counts["cursors_gone"] += 1
            self._cursor, self._fresh = self._begun(), True
            body = self._web.page(self._puller.ask(self._cursor), may_be_gone=False)
        try:
            return self._puller.page(self._cursor, body)
        except NotUnderstood as error:
            raise PullFailed(f"{self._puller.source} was not understood: {error}") from error

    def _begun(self) -> str:
        return self._puller.begin(None if self._until is None else self._until - OVERLAP)

    def _bring(self, page: Page) -> None:
        """Takes what a page says and is not known, in the order in which it happened."""
        say = Saying(self._puller.source, Request(b"", {}, self._setup, self._clock()))
        made: list[Made] = []
        for row in page.rows:
            made += [one for one in self._puller.events(say, row, self._details(row)) if self._is_news(one)]
        made.sort(key=lambda one: one.occurred_at)
        if not made:
            return
        self._newest = max(self._newest or 0, made[-1].occurred_at)
        is_history = made[0].occurred_at < self._clock() - HISTORY_IS_OLDER_THAN
        with self._as_history(made) if is_history else _nothing():
            for place in range(0, len(made), _TAKEN_RECORDS):
                self._take(made[place : place + _TAKEN_RECORDS], is_history)

    def _take(self, made: Sequence[Made], is_history: bool) -> None:
        origin = f"pull {self._setup.label}"
        outcomes = self._journal.take(self._tenant, [one.raw() for one in made], origin=origin, backfill=is_history)
        self._counts.update("conflicts" if one.reason == "conflict" else one.status for one in outcomes)

    def _details(self, row: dict[str, Any]) -> list[Any]:
        found: list[Any] = []
        asked: Ask | None = self._puller.detail(row)
        while asked is not None:
            body = self._web.detail(asked)
            if body is None:
                break
            found.append(body)
            following = self._puller.more(row, asked, body)
            if following == asked:
                raise PullFailed(f"{self._puller.source} sends the same page of {asked.path} again and again")
            asked = following
        return found

    def _is_news(self, made: Made) -> bool:
        """Whether an event is dated, not read long ago, and not known; from now on it is known."""
        if not made.timed:
            self._counts["undated"] += 1
            return False
        voice = self._puller.voice(made.id, made.type, made.data)
        if self._until is not None and made.occurred_at < self._until - OVERLAP:
            self._is_heard(voice, made)
            return False
        short = _short(made.id)
        if short in self._known:
            self._counts["known"] += 1
            return False
        if self._is_heard(voice, made):
            self._counts["known"] += 1
            return False
        self._known.add(short)
        return True

    def _is_heard(self, voice: Voice | None, made: Made) -> bool:
        """Whether a webhook told of it, or may yet: then the next pull reads it again."""
        if voice is None or not self._heard.anything:
            return False
        return made.occurred_at > self._began_at - HEARD_WITHIN or self._heard.takes(voice, made.occurred_at)

    @contextmanager
    def _as_history(self, made: Sequence[Made]) -> Iterator[None]:
        """Marks what happens meanwhile as history: never late, and no timer fires in the middle of a ticket's story."""
        name = _history_of(self._setup.label)
        started, id_ = BackfillStarted(name=name), f"{name}-started-{self._stamp()}"
        self._journal.record(self._tenant, started, id=id_, occurred_at=made[0].occurred_at)
        try:
            yield
        finally:
            self._end_history(len(made), made[-1].occurred_at)

    def _end_history(self, records: int, occurred_at: int | None) -> None:
        name = _history_of(self._setup.label)
        ended, id_ = BackfillEnded(name=name, records=records), f"{name}-ended-{self._stamp()}"
        self._journal.record(self._tenant, ended, id=id_, occurred_at=occurred_at)

    def _stamp(self) -> str:
        return f"{self._clock()}-{self._journal.end(self._tenant)}"

    def _say(self, page: Page, until: int | None) -> None:
        said = SourcePulled(
            connection=self._setup.label,
            cursor=page.next,
            began_at=self._began_at,
            until_at=until,
            whole=page.whole,
            rows=len(page.rows),
        )
        id_ = f"pulled-{self._setup.label}-{self._stamp()}"
        # Dated as the newest thing read, so that reading an old history moves no clock beyond it.
        self._journal.record(self._tenant, said, id=id_, occurred_at=self._newest)

    def _report(self, until: int | None) -> dict[str, Any]:
        names = ("pages", "rows", "accepted", "queued", "duplicate", "known", "conflicts", "refused", "undated")
        counts = {name: self._counts[name] for name in (*names, "cursors_gone")}
        return {
            "connection": self._setup.label,
            "source": self._puller.source,
            "until": format_if_known(until),
            **counts,
        }


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _history_of(label: str) -> str:
    """The name under which a pull brings what is older than any horizon."""
    return f"pull-{label}"


def _marks(page: Page) -> bytes:
    """Tells a page from others by its rows and by where it reads on."""
    said = orjson.dumps([page.rows, page.next if not page.rows else ""])
    return blake2b(said, digest_size=16).digest()


def _short(id_: str) -> bytes:
    return blake2b(id_.encode(), digest_size=16).digest()
