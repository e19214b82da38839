"""Answers out: how good the models are, who taught them, and what to teach next."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from infra.confusion import advice
from infra.http.problems import json_response
from infra.http.surface import asked_by, whole_number
from infra.new_topics import new_topics
from infra.taught import CANDIDATES, MOST_GROUPS, models, suggested


async def all_models(request: Request) -> Response:
    """`GET /v1/models`: figures, teachers, promotions, what became worse, and what was taken back."""
    surface, _, tenant = asked_by(request, "read")
    return json_response(await asyncio.to_thread(models, surface.application, tenant))


async def suggestions(request: Request) -> Response:
    """`GET /v1/teach/suggested?limit=…`: the tickets that would teach most."""
    surface, _, tenant = asked_by(request, "read")
    limit = whole_number(request, "limit", 20, CANDIDATES)
    return json_response({"tickets": await asyncio.to_thread(suggested, surface.application, tenant, limit)})


async def topics(request: Request) -> Response:
    """`GET /v1/models/topics?limit=…`: groups of the latest tickets whose category was held back."""
    surface, _, tenant = asked_by(request, "read")
    limit = whole_number(request, "limit", 20, MOST_GROUPS)
    return json_response(await asyncio.to_thread(new_topics, surface.application, tenant, limit))


async def merge_or_split(request: Request) -> Response:
    """`GET /v1/models/advice?limit=…`: categories that are taken for each other, and those that hold two things."""
    surface, _, tenant = asked_by(request, "read")
    limit = whole_number(request, "limit", 20, MOST_GROUPS)
    return json_response(await asyncio.to_thread(advice, surface.application, tenant, limit))


ROUTES = [
    Route("/v1/models", all_models),
    Route("/v1/models/topics", topics),
    Route("/v1/models/advice", merge_or_split),
    Route("/v1/teach/suggested", suggestions),
]
