"""Does a word before a number say that one may call it, or that it counts or names a thing?

English, German, Spanish, French, and the plainest words of Italian, Dutch and Portuguese.
"""

from __future__ import annotations

import re
from typing import Literal

Telling = Literal["calling", "counting"]

_CALLING = frozenset(
    (
        *("phone", "phones", "tel", "tél", "mobile", "mobil", "cell", "fax", "whatsapp", "sms", "hotline", "landline"),
        *("call", "calls", "calling", "callback", "ring", "text", "dial", "reach", "reachable", "reached"),
        *("anrufen", "festnetz", "durchwahl", "joindre", "joignable", "portable", "fixe", "móvil", "celular", "fijo"),
        *(
            "contact",
            "contacto",
            "contactez",
            "contacter",
            "contacteer",
            "cellulare",
            "bel",
            "bellen",
            "ligue",
            "liguem",
        ),
    )
)
_CALLING_STEMS = (
    *("telefon", "telephon", "télephon", "téléphon", "teléfon", "telefoon", "cellphone", "handy", "mobilnummer"),
    *("rufnummer", "ruf", "rückruf", "zurückruf", "erreich", "kontakt"),
    *("appel", "rappel", "llam", "llám", "chiam", "ligar"),
)
_COUNTING = frozenset(
    (
        *("po", "rma", "purchase"),
        *("order", "orders", "ticket", "tickets", "invoice", "invoices", "case", "cases", "ref", "refs", "reference"),
        *("tracking", "account", "customer", "serial", "sku", "id", "ids", "isbn", "ean", "part", "article", "item"),
        *(
            "items",
            "model",
            "version",
            "versión",
            "build",
            "batch",
            "lot",
            "error",
            "errors",
            "code",
            "codes",
            "contract",
        ),
        *(
            "policy",
            "transaction",
            "booking",
            "shipment",
            "parcel",
            "aktenzeichen",
            "seriennummer",
            "facture",
            "factures",
        ),
        *("commande", "commandes", "dossier", "référence", "colis", "suivi", "contrat", "client", "série", "compte"),
        *("erreur", "réservation", "pedido", "pedidos", "factura", "facturas", "referencia", "caso", "seguimiento"),
        *("contrato", "cliente", "serie", "cuenta", "artículo", "reserva", "envío", "ordine", "fattura", "bestelling"),
        *("factuur", "encomenda", "fatura"),
    )
)
_COUNTING_STEMS = (
    *("bestell", "auftrag", "rechnung", "kunden", "vertrag", "sendung", "artikel", "vorgang", "konto", "fehler"),
    *("buchung", "paket", "gerät"),
)
_LETTERS = re.compile(r"[^\W\d_]+")
_CUT = re.compile(r"[0-9!?;]|(?<!:)\n|\w{5}\. ")  # what a telling word does not reach across
_REACH = 40  # characters before a number in which a telling word counts
_CALLING_REACH = 24  # a calling word ends no farther from the number it vouches for


def telling_word_before(text: str, start: int) -> Telling | None:
    """Return what the last telling word before `start` says of the number there; None without one in reach."""
    begin = max(0, start - _REACH)
    for cut in _CUT.finditer(text, begin, start):
        begin = cut.end()
    for found in reversed(list(_LETTERS.finditer(text, begin, start))):
        word = found[0].lower()
        if word in _COUNTING or word.startswith(_COUNTING_STEMS):
            return "counting"
        if word in _CALLING or word.startswith(_CALLING_STEMS):
            return "calling" if start - found.end() <= _CALLING_REACH else None
    return None
