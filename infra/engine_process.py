"""An engine in a process of its own, so that folding leaves the door's interpreter free."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from typing import Any, Final, NamedTuple

import msgspec

from infra.engine_wire import Due, Failed, Fold, Open, PackedFolded, Reply, Request, encoded
from schemas.decode import decode_stepped
from schemas.event import Event
from sinks.child import Child, ChildEnded
from streams.batch import AnyBatch
from streams.failures import FoldBroken, LeftOut, StepFailed
from streams.named_catalog import CATALOG
from streams.sqlite_store import SqliteFoldStore

_MODULE: Final = "infra.engine_holder"
_TRIES: Final = 2


class _Ahead(NamedTuple):
    """What the child folds already, and its answer."""

    request: Fold
    reply: Future[bytes]


class EngineProcess:
    """A `FoldingEngine` over a database file, with the processors of a named catalog; it starts when first asked.

    The child reads journal and state from the file and only hands back what is to be saved, so a child that ended is
    replaced and asked again; one that ends twice over the same records raises FoldBroken.
    """

    def __init__(self, store: SqliteFoldStore, catalog: str = CATALOG) -> None:
        self._catalog = catalog
        self._store = store
        self._child: Child | None = None
        self._left_out: dict[str, dict[int, list[LeftOut]]] = {}
        self._positions: dict[str, int] = {}
        self._dues: dict[str, int | None] = {}
        self._forgotten: dict[str, None] = {}
        self._may_rest = False
        self._ahead: _Ahead | None = None
        self._asking = ThreadPoolExecutor(1, "ask-ahead")

    @property
    def process_id(self) -> int | None:
        """The child's, None where there is none."""
        return None if self._child is None else self._child.process_id

    def start(self) -> None:
        """See `FoldingEngine`."""
        self._running()

    def push_safely(self, tenant: str, records: Sequence[Event]) -> tuple[AnyBatch, StepFailed | None]:
        """See `FoldingEngine`. The records must stand in the journal."""
        request = self._request(tenant, records)
        folded = self._foreseen(request)
        if folded is None:
            request.rest, request.forget = self._may_rest, self._to_forget()
            folded = self._ask(request, PackedFolded)
            self._may_rest = False
        self._positions[tenant], self._dues[tenant] = folded.batch.header.position, folded.due
        return folded.batch, None if folded.failed is None else _failure(tenant, folded.failed)

    def foresee(self, tenant: str, records: Sequence[Event]) -> None:
        """See `FoldingEngine`. The child keeps what it holds meanwhile, for what it folded last is not saved yet."""
        self._settle()
        request = self._request(tenant, records)
        request.forget = self._to_forget()
        self._ahead = _Ahead(request, self._asking.submit(self._running().ask, encoded(request)))

    def _request(self, tenant: str, records: Sequence[Event]) -> Fold:
        after, last = records[0].position - 1, records[-1].position
        left_out = [
            (position, step)
            for position, steps in self._left_out.get(tenant, {}).items()
            if after < position <= last
            for step in steps
        ]
        return Fold(tenant, after, last, left_out, rest=False, forget=[])

    def _foreseen(self, request: Fold) -> PackedFolded | None:
        """The answer to what was foreseen, if it was this and went well; None if it has to be asked.

        Where a step fails the child goes back to what is saved, which was not yet what it folded before.
        """
        ahead = self._ahead
        if ahead is not None and _span(ahead.request) == _span(request):
            with suppress(ChildEnded, FoldBroken):
                folded: PackedFolded = _read(ahead.reply.result(), PackedFolded)
                if folded.failed is None:
                    self._ahead = None
                    return folded
        self._settle()
        return None

    def _settle(self) -> None:
        """Waits for what was foreseen and lets it go; the child stands elsewhere then, and reads the tenant again."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            wait((ahead.reply,))
            self._forgotten[ahead.request.tenant] = None

    def leave_out(self, tenant: str, position: int, step: LeftOut) -> None:
        """See `FoldingEngine`."""
        steps = self._left_out.setdefault(tenant, {}).setdefault(position, [])
        if step not in steps:
            steps.append(step)

    def forget(self, tenant: str) -> None:
        """See `FoldingEngine`."""
        if self._ahead is not None and self._ahead.request.tenant == tenant:
            self._settle()
        self._forgotten[tenant] = None
        self._positions.pop(tenant, None)
        self._dues.pop(tenant, None)

    def position(self, tenant: str) -> int:
        """See `FoldingEngine`."""
        position = self._positions.get(tenant)
        if position is None:
            header = self._store.header(tenant)
            position = self._positions[tenant] = 0 if header is None else header.position
        return position

    def next_due(self, tenant: str) -> int | None:
        """See `FoldingEngine`."""
        if tenant not in self._dues:
            self._settle()
            due: int | None = self._ask(Due(tenant, self._to_forget()), int | None)
            self._dues[tenant] = due
        return self._dues[tenant]

    def rest(self) -> None:
        """See `FoldingEngine`; heeded when the next records are folded."""
        self._may_rest = True

    def close(self) -> None:
        """Ends the child."""
        self._settle()
        self._asking.shutdown()
        if self._child is not None:
            self._child.end()
            self._child = None

    def _to_forget(self) -> list[str]:
        """Said once: a child that ends before it heard it had nothing to forget."""
        tenants = list(self._forgotten)
        self._forgotten.clear()
        return tenants

    def _ask(self, request: Request, kind: Any) -> Any:
        message = encoded(request)
        for _ in range(_TRIES):
            with suppress(ChildEnded):
                return _read(self._running().ask(message), kind)
        code = None if self._child is None else self._child.exit_code
        raise FoldBroken(
            f"the process that folds ended {_TRIES} times over the same records (exit code {code}): look for "
            "what ended it, often too little memory"
        )

    def _running(self) -> Child:
        child = self._child
        if child is not None and child.has_ended:
            child.end()
            child = None
        if child is None:
            child = self._child = Child(_MODULE)
            try:
                child.ask(encoded(Open(str(self._store.path), self._catalog)))
            except ChildEnded as error:
                child.end()
                raise FoldBroken(f"the process that folds ended at once (exit code {child.exit_code})") from error
        return child


def _read(message: bytes, kind: Any) -> Any:
    reply = msgspec.msgpack.decode(message, type=Reply)
    if reply.error is not None:
        raise FoldBroken(reply.error)
    return msgspec.msgpack.decode(reply.result, type=kind)


def _span(request: Fold) -> tuple[str, int, int, list[tuple[int, LeftOut]]]:
    return request.tenant, request.after, request.last, request.left_out


def _failure(tenant: str, failed: Failed) -> StepFailed:
    return StepFailed(tenant, failed.position, failed.step, failed.reason, decode_stepped(failed.event))
