"""A broker that does not know yet who keeps a group is asked again; every other answer is one."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError, KafkaException

from streams.kafka import coordinator
from streams.kafka.coordinator import answered
from streams.kafka.failures import BrokerUnreachable


class Question:
    """Raises these errors, one each time it is asked, and is answered then."""

    def __init__(self, *codes: int) -> None:
        self.asked = 0
        self._codes = codes

    def __call__(self) -> str:
        self.asked += 1
        if self.asked <= len(self._codes):
            raise KafkaException(KafkaError(self._codes[self.asked - 1]))
        return "kept here"


def test_it_is_asked_until_the_keeper_is_found() -> None:
    question = Question(KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS)
    assert answered(question) == "kept here"
    assert question.asked == 3


def test_what_the_keeper_says_is_not_asked_again() -> None:
    question = Question(KafkaError.GROUP_ID_NOT_FOUND)
    with pytest.raises(KafkaException):
        answered(question)
    assert question.asked == 1


def test_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coordinator, "ASK_SECONDS", 0.2)
    question = Question(*[KafkaError.COORDINATOR_NOT_AVAILABLE] * 100)
    with pytest.raises(BrokerUnreachable, match="is it up"):
        answered(question)
    assert 1 < question.asked < 100
