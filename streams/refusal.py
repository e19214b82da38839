"""What is said of a step that raised, where the one that folds is not the one that writes the journal."""

from __future__ import annotations

from schemas.decode import encode
from schemas.event import Event
from schemas.system import RecordRefused
from streams.checked import own_event
from streams.dead_letter import letter_id
from streams.failures import StepFailed
from streams.log import Letter


def refusal_of(record: Event, failure: StepFailed) -> tuple[Letter, Event]:
    """The dead letter of a failing step, and the `record.refused` that the sequencer is asked to write.

    Both derive from the record and the step alone: said again after a restart they are the same, byte for byte. The
    letter's id is that of the embedded runtime; its bytes are not sealed, for a step is given redacted words only.
    """
    tenant, step, now = record.tenant, failure.step, record.recorded_at
    # Where a record was carried is no part of what it says.
    stepped = encode(failure.event.model_copy(update={"epoch": None, "intake": None}))
    origin = f"journal {record.position} {step}"
    letter = letter_id(tenant, origin, stepped)
    detail = f"{step.processor} version {step.version} raised {failure.reason}"
    said = RecordRefused.model_construct(
        refused_position=record.position,
        event_id=record.id,
        stepped=step.stepped,
        processor=step.processor,
        processor_version=step.version,
        key=step.key,
        reason=failure.reason,
    )
    kept = Letter(letter, tenant, "step_failed", detail, step.stepped, origin, record.id, now, stepped)
    return kept, own_event(tenant, said, now, f"refused-{letter}")
