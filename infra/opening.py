"""A home folder's service with its operations, by where its log is."""

from __future__ import annotations

from dataclasses import dataclass

from infra.home import Home, HomeError
from infra.log_address import log_of
from infra.service import Operating, Service
from infra.settings import read_settings
from streams.kafka.address import is_kafka, parse_address


@dataclass(frozen=True, slots=True)
class Opened:
    """A service, what an operator does with it, and the address of its log."""

    service: Service
    operations: Operating
    log: str


def open_home(home: Home) -> Opened:
    """Opens a home folder. Raises HomeError, HomeLocked, or what a part says when it cannot open."""
    settings = read_settings(home.settings)
    log = log_of(home, settings)
    if not is_kafka(log):
        home.require()
        from infra.application import Application
        from infra.operations import Operations

        application = Application.open(home)
        return Opened(application, Operations(application), log)
    try:
        from infra.kafka.operations import KafkaOperations
        from infra.kafka.service import KafkaService
    except ImportError as error:
        raise HomeError(f"{log} needs what is not installed ({error.name}): pip install 'millrace[kafka]'") from error
    # What is on Kafka needs no home folder to be there before: answers are kept in one, and a name.
    home.create()
    service = KafkaService(home, settings, parse_address(log))
    return Opened(service, KafkaOperations(service), log)
