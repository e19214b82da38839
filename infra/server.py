"""Serving a home folder: for as long as it is asked to, or for the time of one command."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from infra.access import Access
from infra.home import Home, HomeError, owner_only
from infra.http.app import build
from infra.http.surface import Surface
from infra.http.wire import ProxiedWire, Wire
from infra.opening import Opened, open_home
from infra.service import Service
from infra.settings import HttpSettings
from infra.start_checks import require_safe
from infra.telemetry.logs import configure_logs
from infra.telemetry.otlp import exporter_of
from streams.collector import keep_what_is_loaded

_START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where an application answers, and the operator's credential for it."""

    url: str
    token: str
    application: Service


@contextmanager
def served(home: Home, http: HttpSettings, *, fold: bool, announced: bool) -> Iterator[Address]:
    """An application with its HTTP surface, until the block ends. Raises HomeError, HomeLocked."""
    require_safe(home, http)
    configure_logs()
    with owner_only():
        opened = open_home(home)
        application = opened.service
        access = Access(home.access, application.clock)
        token = secrets.token_urlsafe(32)
        try:
            application.start(fold=fold)
            with _listening(opened, access, token, http) as url:
                keep_what_is_loaded()
                address = Address(url, token, application)
                if announced:
                    home.announce_at(url, token, opened.log)
                try:
                    yield address
                finally:
                    if announced:
                        home.renounce()
        finally:
            application.stop()
            access.close()
            application.close()


@contextmanager
def _listening(opened: Opened, access: Access, token: str, http: HttpSettings) -> Iterator[str]:
    family = socket.AF_INET6 if ":" in http.host else socket.AF_INET
    # With its protocol said, for else asyncio leaves Nagle on: an answer would wait 40 ms for the last one to be heard.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((http.host, http.port))
        except OSError as error:
            raise HomeError(
                f"cannot listen on {http.host}:{http.port}: {error.strerror}; choose another port"
            ) from error
        port = listener.getsockname()[1]
        app = build(opened.service, opened.operations, access, token, exposed=http.behind_proxy, exporter=exporter_of())
        surface: Surface = app.state.surface
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            http=ProxiedWire if http.behind_proxy else Wire,
            proxy_headers=http.behind_proxy,
            timeout_graceful_shutdown=3,
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="http", daemon=True)
        thread.start()
        until = time.monotonic() + _START_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > until:
                raise HomeError("the HTTP server did not start; run `millrace doctor`")
            time.sleep(0.005)
        try:
            yield f"http://{f'[{http.host}]' if family == socket.AF_INET6 else http.host}:{port}"
        finally:
            surface.changes.close()
            server.should_exit = True
            thread.join(10)
            surface.close()
