"""An engine in a process of its own, so that folding leaves the door's interpreter free."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

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

    @property
    def process_id(self) -> int | None:
        """The child's, None where there is none."""
        return None if self._child is None else self._child.process_id

    def start(self) -> None:
        """See `FoldingEngine`."""
        self._running()

    def push_safely(self, tenant: str, records: Sequence[Event]) -> tuple[AnyBatch, StepFailed | None]:
        """See `FoldingEngine`. The records must stand in the journal."""
        after, last = records[0].position - 1, records[-1].position
        left_out = [
            (position, step)
            for position, steps in self._left_out.get(tenant, {}).items()
            if after < position <= last
            for step in steps
        ]
        request = Fold(tenant, after, last, left_out, self._may_rest, list(self._forgotten))
        folded: PackedFolded = self._ask(request, PackedFolded)
        self._may_rest = False
        self._positions[tenant], self._dues[tenant] = folded.batch.header.position, folded.due
        return folded.batch, None if folded.failed is None else _failure(tenant, folded.failed)

    def leave_out(self, tenant: str, position: int, step: LeftOut) -> None:
        """See `FoldingEngine`."""
        steps = self._left_out.setdefault(tenant, {}).setdefault(position, [])
        if step not in steps:
            steps.append(step)

    def forget(self, tenant: str) -> None:
        """See `FoldingEngine`."""
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
            due: int | None = self._ask(Due(tenant, list(self._forgotten)), int | None)
            self._dues[tenant] = due
        return self._dues[tenant]

    def rest(self) -> None:
        """See `FoldingEngine`; heeded when the next records are folded."""
        self._may_rest = True

    def close(self) -> None:
        """Ends the child."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def _ask(self, request: Request, kind: Any) -> Any:
        message = encoded(request)
        for _ in range(_TRIES):
            child = self._running()
            try:
                reply = msgspec.msgpack.decode(child.ask(message), type=Reply)
            except ChildEnded:
                continue
            if reply.error is not None:
                raise FoldBroken(reply.error)
            self._forgotten.clear()
            return msgspec.msgpack.decode(reply.result, type=kind)
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


def _failure(tenant: str, failed: Failed) -> StepFailed:
    return StepFailed(tenant, failed.position, failed.step, failed.reason, decode_stepped(failed.event))
