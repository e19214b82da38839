"""Invented messages in four languages whose personal parts, and look-alikes of them, are known by construction."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from typing import NamedTuple

LANGUAGES = ("en", "de", "es", "fr")


class Part(NamedTuple):
    """A stretch of a message; `kind` is empty where it must stay as it is."""

    text: str
    kind: str = ""


class Message(NamedTuple):
    language: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)


def shaped(chance: random.Random, shape: str) -> str:
    """Fill a shape: 9 is any digit, 2 a digit from 2 to 9, 6 a six or seven, S an eight or nine; all else stays."""
    digits = {"9": "0123456789", "2": "23456789", "6": "67", "S": "89"}
    return "".join(chance.choice(digits[letter]) if letter in digits else letter for letter in shape)


NAMES = (
    "anna",
    "joe.doe",
    "m.müller",
    "lucia_garcía",
    "pierre-luc",
    "o'brien",
    "support+eu",
    "x",
    "kim99",
    "J.R.Smith",
)
DOMAINS = ("mail.example", "example.co.uk", "bücher.example", "a-b.example.com", "post.example.museum", "EXAMPLE.ORG")
PHONES = {
    "en": (
        *("(222) 229-9999", "222-229-9999", "222.229.9999", "222 229 9999", "+1 222 229 9999", "+1 (222) 229-9999"),
        *("1-222-229-9999", "+1-222-229-9999", "+12222299999", "020 7999 9999", "07799 999999", "01699 999 999"),
        *("+44 20 7999 9999", "+44 (0)20 7999 9999", "+447799999999", "0044 1699 999999", "(020) 7999 9999"),
    ),
    "de": (
        *("030 2999999", "030/2999999", "0171 2999999", "0171-2999999", "0171/299 99 99", "(030) 29 99 99 99"),
        *("+49 30 2999999", "+49 (0)30 2999999", "+49 171 2999999"),
        *("+49-171-2999999", "+491712999999", "089 / 29 99 99 99"),
        *("0049 30 2999999", "0049171 2999999", "01712999999", "040 - 299 99 99", "06221/299999", "+43 1 2999999"),
    ),
    "es": (
        *("629 999 999", "629 99 99 99", "S1 299 99 99", "S12 999 999", "+34 629 999 999", "+34 629 99 99 99"),
        *("+34629999999", "0034 912 999 999", "629999999", "+34-912-999-999", "(+34) 912 99 99 99", "629-999-999"),
    ),
    "fr": (
        *("01 29 99 99 99", "06.29.99.99.99", "06 29 99 99 99", "0629999999", "04-29-99-99-99", "+33 1 29 99 99 99"),
        *("+33 (0)6 29 99 99 99", "+33629999999", "0033 1 29 99 99 99"),
        *("+33.6.29.99.99.99", "+32 2 299 99 99", "01.29.99.99.99"),
    ),
}  # fmt: skip
CARD_SHAPES = {
    "4999999999999999": (16,), "5299999999999999": (4, 4, 4, 4), "4929999999999999": (4, 4, 4, 4),
    "379999999999999": (4, 6, 5), "36999999999999": (4, 6, 4),
    "6011999999999999": (4, 4, 4, 4), "3529999999999999": (16,),
}  # fmt: skip
IBAN_SHAPES = {
    "DE": "9" * 18, "GB": "NWBK" + "9" * 14, "ES": "9" * 20, "FR": "9" * 12 + "L" * 9 + "99", "NL": "ABNA" + "9" * 10,
    "IT": "X" + "9" * 22, "AT": "9" * 16, "CH": "9" * 17, "BE": "9" * 12,
}  # fmt: skip


ODD = 0.1  # of what is personal is spelt oddly
ODD_SIGNS = ("%40", " @ ", "＠", "&#64;", "@\u200b", " (at) ", "[at]")
ODD_PARTINGS = ("\t", "\n", "  ", ".", " - ", "_", ",", "–", "/", "\u2009", "\u200b")


def oddly(chance: random.Random, plainly: str, odd: tuple[str, ...]) -> str:
    return chance.choice(odd) if chance.random() < ODD else plainly


def full_width(text: str) -> str:
    return "".join(chr(ord(letter) - ord("0") + ord("０")) if letter.isdecimal() else letter for letter in text)


def invisible(text: str) -> str:
    """With a character that nobody sees, as some programs copy numbers."""
    return f"{text[:5]}\u200b{text[5:]}"


def email(chance: random.Random, language: str) -> str:
    name = chance.choice(NAMES) + (str(chance.randrange(1000)) if chance.random() < 0.3 else "")
    return f"{name}{oddly(chance, '@', ODD_SIGNS)}{chance.choice(DOMAINS)}"


def phone(chance: random.Random, language: str) -> str:
    number = shaped(chance, chance.choice(PHONES[language]))
    if chance.random() < ODD:
        number = chance.choice((full_width, invisible))(number)
    return number


def luhn_sum(digits: str) -> int:
    return sum(sum(divmod(2 * int(d), 10)) if at % 2 else int(d) for at, d in enumerate(reversed(digits)))


def card(chance: random.Random, language: str) -> str:
    shape, sizes = chance.choice(list(CARD_SHAPES.items()))
    digits = shape[:4] + shaped(chance, shape[4:-1])
    digits += str(-luhn_sum(digits + "0") % 10)
    separator = oddly(chance, chance.choice(" -"), ODD_PARTINGS)
    at, parts = 0, []
    for size in sizes:
        parts.append(digits[at : at + size])
        at += size
    return full_width(separator.join(parts)) if chance.random() < ODD / 2 else separator.join(parts)


def iban(chance: random.Random, language: str) -> str:
    country, shape = chance.choice(list(IBAN_SHAPES.items()))
    account = shaped(chance, shape.replace("L", chance.choice(string.ascii_uppercase)))
    number = "".join(str(int(letter, 36)) for letter in account + country + "00")
    whole = f"{country}{98 - int(number) % 97:02}{account}"
    if chance.random() < 0.6:
        separator = oddly(chance, " ", ("  ", ".", "-", "\t", " - "))
        whole = separator.join(whole[at : at + 4] for at in range(0, len(whole), 4))
    return whole.lower() if chance.random() < 0.1 else whole


FIRST_NAMES = ("Anna", "José", "Zoë", "Jean-Luc", "Mehmet", "Olga", "Siân", "Łukasz", "Priya", "Wei", "Fátima", "Noël")
LAST_NAMES = (
    "Hartwell",
    "Müller",
    "García López",
    "O'Brien",
    "Nguyen",
    "van der Berg",
    "Lefèvre",
    "Öztürk",
    "Kowalska",
)


def name(chance: random.Random, language: str) -> str:
    first, last = chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)
    return f"{chance.choice((first, first, first[0] + '.'))} {last}"


def secret(chance: random.Random, language: str) -> str:
    letters = string.ascii_letters + string.digits
    prefix = chance.choice(("sk_live_", "ghp_", "xoxb-", "AIza", "mr_live_"))
    return prefix + "".join(chance.choices(letters, k=35))


def identity(chance: random.Random, language: str) -> str:
    number = chance.randrange(10_000_000, 99_999_999)
    dni = f"{number}{'TRWAGMYFPDXBNJZSQVHLCKE'[number % 23]}"
    body = (
        f"{chance.choice('12')}{chance.randrange(100):02}{chance.randrange(1, 13):02}75{chance.randrange(1, 999):03}120"
    )
    nir = f"{body}{97 - int(body) % 97:02}"
    ssn = f"{chance.randrange(100, 600)}-{chance.randrange(10, 99)}-{chance.randrange(1000, 9999)}"
    nino = f"AB {chance.randrange(10, 99)} {chance.randrange(10, 99)} {chance.randrange(10, 99)} C"
    return {"en": chance.choice((ssn, nino)), "de": dni, "es": dni, "fr": nir}[language]


def ip(chance: random.Random, language: str) -> str:
    if chance.random() < 0.3:
        return f"2a02:{chance.randrange(1, 9999)}:{chance.randrange(1, 9999)}::{chance.randrange(1, 9999)}"
    return (
        f"{chance.choice((8, 81, 93, 145))}.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
    )


MAKERS: dict[str, Callable[[random.Random, str], str]] = {
    "email": email, "phone": phone, "card": card, "iban": iban, "name": name, "secret": secret,
    "identity": identity, "ip": ip,
}  # fmt: skip

PERSONAL = {
    "en": {
        "name": (
            "My name is {}.",
            "This is {} from Hartwell Mills",
            "Best regards,\n{}\n",
            "Thanks, {}\n",
            "Mrs. {} called",
        ),
        "secret": ("The key is {} by the way", "Authorization: Bearer {}", "token={} does not work"),
        "identity": ("My number is {}, born 1980", "({})"),
        "ip": ("from {} since Monday", "blocked: {}"),
        "email": ("Please write to {}.", "My address is {}, thanks", "cc: {}", "<{}> wrote:", "mailto:{}"),
        "phone": (
            "Call me at {}.",
            "My number is {}, after five",
            "Tel.: {}",
            "phone {} or by mail",
            "Reach us on {}!",
            "{}",
        ),
        "card": ("The card {} was charged.", "I paid with {}, twice", "Card number: {}"),
        "iban": ("Refund to {} please", "IBAN: {}", "our account is {}."),
    },
    "de": {
        "name": (
            "Mein Name ist {}.",
            "Ich heiße {} und",
            "Mit freundlichen Grüßen\n{}\n",
            "Frau {} wartet",
            "Hier ist {}",
        ),
        "secret": ("Der Schlüssel {} geht nicht", "Token: {}"),
        "identity": ("Ausweis {} liegt bei", "({})"),
        "ip": ("von {} aus", "gesperrt: {}"),
        "email": ("Bitte an {} schreiben.", "Meine Adresse: {}", "({})", "Mail an {}; danke"),
        "phone": (
            "Rufen Sie mich unter {} an.",
            "Tel. {}",
            "Telefon: {}, ab 17 Uhr",
            "Handy {}",
            "Meine Nummer ist {}.",
            "{}",
        ),
        "card": ("Die Karte {} wurde belastet.", "Kreditkarte: {}", "bezahlt mit {}"),
        "iban": ("Bitte auf {} erstatten", "IBAN {}", "unser Konto lautet {}."),
    },
    "es": {
        "name": ("Me llamo {}.", "Mi nombre es {}, de Madrid", "Un saludo,\n{}\n", "La Sra. {} espera", "Soy {}"),
        "secret": ("La clave {} no sirve", "token: {}"),
        "identity": ("Mi DNI es {}.", "({})"),
        "ip": ("desde {} no entro", "bloqueada: {}"),
        "email": ("Escriban a {}.", "Mi correo es {}", "correo: {}"),
        "phone": ("Llámenme al {}.", "Mi teléfono es {}", "Tel: {}", "móvil {}, por la tarde", "{}"),
        "card": ("Pagué con la tarjeta {}.", "tarjeta: {}"),
        "iban": ("Devuelvan el dinero a {}", "IBAN: {}"),
    },
    "fr": {
        "name": ("Je m'appelle {}.", "Mon nom est {}, merci", "Cordialement,\n{}\n", "Madame {} attend", "Je suis {}"),
        "secret": ("La clé {} est refusée", "jeton : {}"),
        "identity": ("Mon numéro est {}.", "({})"),
        "ip": ("depuis {} rien ne marche", "bloquée : {}"),
        "email": ("Écrivez-moi à {}.", "Mon adresse est {}", "courriel : {}"),
        "phone": ("Appelez-moi au {}.", "Mon numéro est le {}", "Tél. : {}", "portable {}, le soir", "{}"),
        "card": ("J'ai payé avec la carte {}.", "carte : {}"),
        "iban": ("Remboursez sur {}", "IBAN : {}"),
    },
}

# 9: any digit; none of these is anybody's
LOOKALIKES = {
    "en": (
        *("My name is misspelled", "This is Very Bad", "Thanks, it works", "password is wrong"),
        *("Dear Team, hello", "Version 8.8.4.4"),
        *("orders 629999999, 629999998 and 629999997", "PO 222-229-9999", "clone git@github.com:acme/shop"),
        *("icon@2x.png is blurred", "item@1.2.9999", "lines 4999, 5999, 6999", "see us @ shop.example"),
        *("My order 4999999 is late.", "Order number 2229999999 again"),
        *("ticket #299999999", "invoice INV-2024-0099999"),
        *("on 2024-01-19 at 10:39", "since 03/14/2024"),
        *("I paid $1,299.99", "version 12.0.29999.1299", "it costs 29 999 USD"),
        *("host 192.168.100.29", "error 0x8007005"),
        *("99 of 12,999,999 rows", "order 112-2999999-2999999", "ref: 0099299999"),
        *("EAN 4006389999999", "build 20240199.3", "2024-01-19T10:39:45Z"),
        *("at 9:30-17:45", "3 x 499 users", "SKU 0299-22-999"),
        *("https://shop.example/orders/0299999999?item=2229999999", "ping @team"),
        *("1.2.3-rc.4", "tracking 1Z999AA10199999999"),
        *("the year 2019-2024", "resolution 1920x1080"),
        *("timeout after 30000 ms", "customer 222 229 9999", "50% of 1000000"),
    ),
    "de": (
        *("Mein Name ist falsch", "Ich bin Kunde", "Danke, es geht", "Passwort ist weg"),
        *("Liebes Team, hallo", "Version 8.8.4.4"),
        *("Bestellungen 0171299999, 0171299998 und 0171299997", "Bild logo@3x.webp", "git@git.example.de:team/shop"),
        *("Bestellung 4999999 fehlt.", "Bestellnummer 0299999999"),
        *("Ticket #2999999", "Rechnung RE-2024/0099999", "am 19.01.2024"),
        *("um 10:39 Uhr", "vom 01.02. bis 29.03.2024", "1.299,99 €"),
        *("12.999.999 Zeilen", "Version 4.12.29999", "Kundennummer 01712999999"),
        *("PLZ 10119 Berlin", "Sendung 00340434161094042557", "Fehler 40499"),
        *("Artikel 299-999-99", "3 % von 1000000", "29 999 999 EUR"),
        *("IP 10.0.129.99", "Vertrag 912 999 999"),
        *("01.02.2024 10:39", "Seriennummer 4999 9999 99", "2024-01-19 09:30:00"),
    ),
    "es": (
        *("Mi nombre es incorrecto", "Gracias, funciona", "la clave es incorrecta", "Hola a todos,"),
        *("pedidos 629999999, 629999998 y 629999997", "imagen foto@2x.jpg"),
        *("El pedido 629999999 no llega.", "pedido n.º 4999999"),
        *("factura F-2024-0999", "el 19/01/2024 a las 10:39", "1.299,99 €"),
        *("629 999 999 €", "versión 3.12.2999", "cuenta de cliente 912999999"),
        *("2024-01-19", "12.999.999 filas", "IP 172.16.129.99"),
        *("referencia 91 299 99 99", "código postal 28099", "99,9 %"),
        *("caso 600123999", "error 50099", "envío 00340434161094042557"),
    ),
    "fr": (
        *("Mon nom est mal écrit", "Merci, ça marche", "le mot de passe est faux", "Bonjour à tous,"),
        *("commandes 0629999999, 0629999998 et 0629999997", "image photo@2x.png"),
        *("La commande 0629999999 est en retard.", "facture 2024-00999"),
        *("le 19/01/2024 à 10 h 39", "1 299 999,99 €", "29 999 999 €"),
        *("version 12.4.2999", "dossier 01 29 99 99 99", "12 999 999 lignes"),
        *("client 0129999999", "75011 Paris", "99,9 %"),
        *("erreur 50399", "colis 6A99999999999", "adresse 10.29.129.99"),
        *("le 01.02.2024", "2024-01-19 09:30", "référence 4999-9999"),
    ),
}  # fmt: skip
FILLERS = {
    "en": (
        "Hello,",
        "thanks",
        "The app crashes.",
        "Is anyone there?",
        "We wait for 3 days.",
        "Best regards",
        "Hello Support,",
    ),
    "de": ("Guten Tag,", "danke", "Die App stürzt ab.", "Seit 3 Tagen nichts.", "Viele Grüße", "Wer hilft?"),
    "es": ("Hola equipo,", "gracias", "No funciona.", "Llevo 3 días así.", "Un saludo", "¿Alguien?"),
    "fr": ("Bonjour,", "merci", "Rien ne marche.", "Depuis 3 jours.", "Cordialement", "Une idée ?"),
}


def labelled_messages(count: int, seed: int) -> list[Message]:
    """Make messages of two to six sentences: about one personal part, about one look-alike, and fillers each."""
    chance = random.Random(seed)
    return [_message(chance, LANGUAGES[number % len(LANGUAGES)]) for number in range(count)]


def _message(chance: random.Random, language: str) -> Message:
    sentences: list[list[Part]] = []
    for _ in range(chance.choice((0, 1, 1, 2))):
        kind = chance.choice(list(MAKERS))
        before, after = chance.choice(PERSONAL[language][kind]).split("{}")
        sentences.append([Part(before), Part(MAKERS[kind](chance, language), kind), Part(after)])
    lookalikes = chance.choices(LOOKALIKES[language], k=chance.choice((0, 1, 1, 2)))
    fillers = chance.choices(FILLERS[language], k=chance.choice((1, 2)))
    sentences += [[Part(line.replace("9999", shaped(chance, "9999")))] for line in lookalikes]
    sentences += [[Part(line)] for line in fillers]
    chance.shuffle(sentences)
    parts: list[Part] = []
    for sentence in sentences:
        parts += [*sentence, Part(chance.choice((". ", "\n", ", ", " – ", " | ")))]
    return Message(language, tuple(part for part in parts if part.text))
