"""Every measurement, in the order of the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from infra.bench import append, fold, memory, pipeline, rebuilding, webhook
from infra.bench.scale import Scale
from infra.quality.row import Row

MEASUREMENTS: Mapping[str, Callable[[Scale], list[Row]]] = {
    "pipeline": pipeline.measure,
    "append": append.measure,
    "fold": fold.measure,
    "rebuild": rebuilding.measure,
    "memory": memory.measure,
    "webhook": webhook.measure,
}
