"""Header names that both sides of the HTTP surface use."""

from __future__ import annotations

TENANT_HEADER = "x-millrace-tenant"
