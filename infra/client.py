"""How a command reaches a home folder: the process that serves it, or one of its own for the time of the command."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import orjson

from infra.home import Home, HomeError, HomeLocked, Serving
from infra.http.headers import TENANT_HEADER

_STARTING_SECONDS = 15.0
_LOOK_SECONDS = 0.1
_TIMEOUT = httpx.Timeout(600.0, connect=5.0)


class Refused(Exception):
    """The answer was an error; the message is what a person should read."""


class _Unknown(Refused):
    """Nothing is known under an id that was asked for."""


class Client:
    """Asks the HTTP surface of one home folder."""

    def __init__(self, url: str, token: str, tenant: str | None) -> None:
        headers = {"Authorization": f"Bearer {token}"} | ({TENANT_HEADER: tenant} if tenant else {})
        # No proxy of the environment: the address is this machine's.
        self._http = httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT, trust_env=False)

    def get(self, path: str, **parameters: str | int | list[str]) -> dict[str, Any]:
        """The JSON answer to a question. Raises Refused."""
        return _answer(self._http.get(path, params=parameters))

    def post(self, path: str, content: object = None, **parameters: str | int) -> dict[str, Any]:
        """The JSON answer to a request with a JSON body. Raises Refused."""
        return _answer(self._http.post(path, content=orjson.dumps(content), params=parameters))

    def delete(self, path: str) -> dict[str, Any]:
        """The JSON answer to a deletion. Raises Refused."""
        return _answer(self._http.delete(path))

    def events(self, lines: bytes) -> dict[str, Any]:
        """Takes records, one a line; the answer has a result for each. Raises Refused when none was looked at."""
        response = self._http.post("/v1/events", content=lines, headers={"content-type": "application/x-ndjson"})
        body = orjson.loads(response.content)
        if "results" not in body:
            raise Refused(_message(body))
        return dict(body)

    def operation(
        self, path: str, progress: Callable[[int, int, str], None], content: object = None, **parameters: str
    ) -> dict[str, Any]:
        """Runs an operation, tells its progress (done, total, stage), and gives its result. Raises Refused."""
        body = b"" if content is None else orjson.dumps(content)
        with self._http.stream("POST", path, content=body, params=parameters) as response:
            if response.status_code != 200:
                response.read()
                _answer(response)
            for text in response.iter_lines():
                line = orjson.loads(text)
                if "result" in line:
                    return dict(line["result"])
                if "error" in line:
                    raise Refused(line["error"])
                progress(line["done"], line["total"], line["stage"])
        raise Refused("the process that serves this home folder ended")

    def close(self) -> None:
        self._http.close()


@contextmanager
def connected(home: Home, tenant: str | None) -> Iterator[Client]:
    """A client of the serving process, else of one in this process that folds only when asked to."""
    with ExitStack() as closing:
        serving = home.serving()
        unfolded: Callable[[], int] = int
        if serving is None:
            address, token, unfolded = _opened(home, closing)
        else:
            address, token = _asked(home, serving)
        client = Client(address, token, tenant)
        closing.callback(client.close)
        try:
            yield client
        except _Unknown as error:
            if waiting := unfolded():
                raise Refused(
                    f"{error}; {waiting:,} records wait to be folded: run `millrace run --until-idle`"
                ) from error
            raise
        except httpx.ConnectError as error:
            raise HomeError(
                f"{home.serve} names {address}, where nobody answers: remove it if no `millrace serve` runs"
            ) from error


def _opened(home: Home, closing: ExitStack) -> tuple[str, str, Callable[[], int]]:
    """Address and token of a surface in this process, or of one that has just begun to serve; records not folded."""
    # A log that is named may be on Kafka, which needs no folder to be there before; `open_home` knows.
    if home.log is None:
        home.require()
    # Loading the engines takes seconds; a verb that asks a serving process is spared that.
    from infra.loading import load_ahead

    load_ahead(home)
    from infra.server import served
    from infra.settings import HttpSettings

    try:
        address = closing.enter_context(served(home, HttpSettings(port=0), fold=False, announced=False))
    except HomeLocked:
        # `serve` opens its engines before it answers.
        until = time.monotonic() + _STARTING_SECONDS
        while (serving := home.serving()) is None and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)
        if serving is None:
            raise
        return (*_asked(home, serving), int)
    records = address.application.records
    return address.url, address.token, lambda: sum(one.records for one in records.behind())


def _asked(home: Home, serving: Serving) -> tuple[str, str]:
    if home.log is not None:
        _require_same_log(home, serving.log)
    return serving.address, serving.token


def _require_same_log(home: Home, served: str) -> None:
    # Loading what reads settings takes a while, which most verbs are spared.
    from infra.log_address import log_of
    from infra.settings import Settings

    asked = log_of(home, Settings())
    if served and asked != served:
        raise HomeError(f"{home.root} is served with the log {served}, and {asked} is asked for: use another --home")


def _answer(response: httpx.Response) -> dict[str, Any]:
    body = orjson.loads(response.content)
    if response.status_code >= 400:
        raise (_Unknown if response.status_code == 404 else Refused)(_message(body))
    return dict(body)


def _message(body: dict[str, Any]) -> str:
    detail = body.get("detail")
    return f"{body.get('title', 'refused')}: {detail}" if detail else str(body.get("title", "refused"))
