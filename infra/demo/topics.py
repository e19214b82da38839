"""What tickets can be about: 12 topics in 4 families that share phrases, and how often each comes up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "money": ("billing", "refunds", "subscription"),
    "access": ("login", "permissions", "privacy"),
    "data": ("integrations", "import", "reports"),
    "app": ("performance", "mobile", "notifications"),
}
FAMILY_OF: Final[Mapping[str, str]] = {topic: family for family, topics in FAMILIES.items() for topic in topics}
TOPICS: Final[tuple[str, ...]] = tuple(FAMILY_OF)

# Shares of a company whose customers are content; they sum to one.
SHARES: Final[Mapping[str, float]] = {
    "billing": 0.12,
    "refunds": 0.06,
    "subscription": 0.07,
    "login": 0.13,
    "permissions": 0.07,
    "privacy": 0.04,
    "integrations": 0.11,
    "import": 0.08,
    "reports": 0.10,
    "performance": 0.10,
    "mobile": 0.06,
    "notifications": 0.06,
}

# What an account in trouble asks about more often: topic to factor.
TROUBLES: Final[Mapping[str, Mapping[str, float]]] = {
    "adoption": {"permissions": 1.6, "import": 1.8, "notifications": 1.3},
    "service": {"performance": 3.0, "integrations": 1.8, "reports": 1.6},
    "price": {"billing": 2.0, "refunds": 2.0, "subscription": 2.6},
    "champion": {"login": 1.7, "permissions": 2.2, "privacy": 1.5},
}

# The words a tenant would write down as hints on its first day.
HINTS: Final[Mapping[str, tuple[str, ...]]] = {
    "billing": ("invoice", "vat", "rechnung", "umsatzsteuer", "factura", "iva", "billing"),
    "refunds": ("refund", "credit note", "charged twice", "erstattung", "gutschrift", "reembolso", "abono"),
    "subscription": ("subscription", "upgrade", "cancel", "renew", "abo", "tarif", "kündigung", "suscripción"),
    "login": ("password", "login", "sign-on", "two-factor", "passwort", "anmeldung", "contraseña", "sesión"),
    "permissions": ("role", "permission", "admin rights", "guest", "rolle", "berechtigung", "rol", "permisos"),
    "privacy": ("gdpr", "personal data", "audit", "dsgvo", "auftragsverarbeitung", "rgpd", "datos personales"),
    "integrations": ("api", "webhook", "integration", "connector", "schnittstelle", "anbindung", "integración"),
    "import": ("import", "csv", "migrate", "upload", "importieren", "importación", "migrar"),
    "reports": ("report", "dashboard", "export", "chart", "bericht", "diagramm", "informe", "panel"),
    "performance": ("slow", "timeout", "outage", "langsam", "ausfall", "lento", "caída"),
    "mobile": ("app", "phone", "tablet", "offline", "handy", "móvil", "tableta"),
    "notifications": ("notification", "reminder", "digest", "benachrichtigung", "erinnerung", "notificaciones"),
}
