"""Where the log of a home folder is: asked for, else as its settings say, else the folder's own file."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from infra.home import Home, HomeError
from infra.settings import Settings
from streams.kafka.address import is_kafka, parse_address

_SQLITE = "sqlite"


def log_of(home: Home, settings: Settings) -> str:
    """The address of the log, in full. Raises HomeError for one that is none, AddressInvalid for a wrong one of Kafka.

    A relative `sqlite:` path counts from the home folder. A folder of the past has its own log, whatever is asked for.
    """
    if home.stands_at() is not None:
        return f"{_SQLITE}:///{home.journal.absolute()}"
    said = home.log or settings.log.dsn
    if not said:
        return f"{_SQLITE}:///{home.journal.absolute()}"
    try:
        if is_kafka(said):
            return str(parse_address(said))
        parts = urlsplit(said)
    except ValueError as error:
        raise HomeError(f"{said!r} is no address of a log: {error}") from error
    file = unquote(parts.path.removeprefix("/"))
    if parts.scheme != _SQLITE or parts.netloc or not file or parts.query or parts.fragment:
        raise HomeError(f"{said!r} is no address of a log: write sqlite:///FILE or kafka://HOST:PORT[/PREFIX]")
    return f"{_SQLITE}:///{home.root.absolute() / Path(file)}"


def sqlite_file(log: str) -> Path:
    """The file that a `sqlite:` address in full names."""
    return Path(log.removeprefix(f"{_SQLITE}:///"))


def existing_file(log: str) -> Path:
    """The same where somebody wants to read it. Raises HomeError where it is not there."""
    file = sqlite_file(log)
    if not file.exists():
        raise HomeError(f"there is no log {file} to be read: name another home folder with --home")
    return file
