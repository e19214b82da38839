"""Which words of a text are somebody's name, by the words that introduce or sign it?

No list of names: a cue ("my name is", "Sehr geehrte Frau", "Cordialement,") and capital letters after it. English,
German, Spanish, French, and the plainest words of Italian, Dutch and Portuguese. A name without a cue is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

_CAPITAL: Final = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪĮİĶĹĽŁŃŇŌŐŒŔŘŚŞŠŢŤŪŮŰŹŻŽ"
_SPACE: Final = r"[ \xa0]"
_WORD: Final = rf"[{_CAPITAL}](?:['’][{_CAPITAL}])?[^\W\d_]+(?:-[{_CAPITAL}][^\W\d_]+|['’][^\W\d_]+){{0,2}}"
_PARTICLE: Final = r"(?:von|van|vom|zu|der|den|de|del|della|di|da|dos|das|la|le|du|bin|al|ter|y|e)"
_PART: Final = rf"(?:{_WORD}|[{_CAPITAL}]\.)"
_LINK: Final = rf"{_SPACE}(?:{_PARTICLE}{_SPACE}){{0,2}}"
_DEGREES: Final = rf"(?i:(?:dr|prof|dipl|ing|mag)\.?{_SPACE}){{0,2}}"
_END: Final = r"(?!['’-]?[^\W_])"
_NAME: Final = rf"{_DEGREES}(?P<name>{_PART}(?:{_LINK}{_PART}){{0,3}}){_END}"
_FULL_NAME: Final = rf"{_DEGREES}(?P<name>{_PART}(?:{_LINK}{_PART}){{1,3}}){_END}"
_LINE_ENDS: Final = rf"(?={_SPACE}?[.,]?{_SPACE}?(?:[\r\n]|\Z))"

_SAID: Final = (
    "my name is|my name's|my full name is|the name is|name:|name :|signed by|i am called|mein name ist|"
    "mein name lautet|ich heiße|ich heisse|vorname:|nachname:|me llamo|mi nombre es|nombre:|je m'appelle|"
    "je m’appelle|mon nom est|nom:|nom :|prénom:|prénom :|mi chiamo|il mio nome è|mijn naam is|ik heet|"
    "meu nome é|chamo-me|me chamo"
)
_SAID_OF_TWO: Final = (
    "i am|i'm|i’m|speak to|speak with|speaking to|speaking with|spoke to|spoke with|ask for|contact|ich bin|"
    "hier ist|hier schreibt|gesprochen mit|soy|habla|je suis|ici"
)
_CALLING: Final = "this is"
_TITLES: Final = (
    "mr|mr.|mrs|mrs.|ms|ms.|miss|mx|mx.|herr|herrn|hr.|frau|fr.|sr.|sra.|srta.|señor|señora|señorita|doña|"
    "monsieur|madame|mme|mme.|mlle|mlle.|m.|signor|signora|sig.|sig.ra|mevrouw|meneer|dhr.|mevr.|senhor|senhora"
)
_GREETINGS: Final = (
    "dear|hi|hello|hey|good morning|good afternoon|good evening|liebe|lieber|liebes|hallo|hola|guten morgen|"
    "guten tag|guten abend|estimada|estimado|querida|querido|buenos días|buenas tardes|cher|chère|bonjour|"
    "bonsoir|ciao|buongiorno|gentile|beste|caro|cara|olá"
)
_FAREWELLS: Final = (
    "regards|best regards|kind regards|warm regards|kindest regards|with regards|best wishes|all the best|"
    "sincerely|sincerely yours|yours sincerely|yours truly|yours faithfully|cheers|many thanks|thanks|"
    "thanks a lot|thanks again|thanks in advance|thank you|best|br|mit freundlichen grüßen|"
    "mit freundlichen grüssen|mit freundlichem gruß|mfg|lg|vg|viele grüße|viele grüsse|liebe grüße|liebe grüsse|"
    "beste grüße|freundliche grüße|schöne grüße|gruß|danke|vielen dank|besten dank|saludos|un saludo|"
    "un cordial saludo|atentamente|cordialmente|gracias|muchas gracias|cordialement|bien cordialement|"
    "bien à vous|salutations|sincères salutations|merci|merci d'avance|merci d’avance|merci beaucoup|"
    "cordiali saluti|distinti saluti|grazie|met vriendelijke groet|met vriendelijke groeten|groet|groeten|"
    "groetjes|atenciosamente|cumprimentos|obrigada|obrigado|bedankt"
)
# Words that stand where a name could, and are none.
_NO_NAMES: Final = frozenset(
    " ".join(
        (
            "all alle alles also always and any anyone as at but can do dort everybody everyone everything folks for",
            "friends from good guys have help here how i if in is it just kollegen ladies madam no not on one please",
            "pls ps sales so someone sorry still support team that the there to today tomorrow unfortunately us was we",
            "what when where why will you your bitte damen das der die ein ich kundenservice leute leider mein nicht",
            "seit sie und unser wann warum wer wie wir zusammen atención ayuda cliente equipo el la los las mi señores",
            "soporte todos una usted equipe l'équipe le les messieurs mesdames mon nous tous toute vous votre customer",
            "service care billing admin administrator helpdesk desk hotline von via sent gesendet enviado envoyé immer",
            "noch already tel telefon teléfono tél mobil móvil fax iban ip rechnung ticket version fehler error",
            "dr prof dipl ing mag bestellung order tag morgen abend viele vielen grüße grüßen buenos buenas sir",
            # One greeting or farewell may follow another.
            *_GREETINGS.split("|"),
            *_FAREWELLS.split("|"),
        )
    ).split()
)


class NamedPerson(NamedTuple):
    """A name found: where it begins and ends, and its one spelling."""

    start: int
    end: int
    canonical: str


_LETTERS: Final = re.compile(r"[^\W\d_]+")


def _by_first_word(kinds: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """One expression for each first word of a cue and kind of cue, tried only where that word stands."""
    expressions: dict[str, list[str]] = {}
    for cues, name in kinds:
        rests: dict[str, list[str]] = {}
        for cue in sorted(cues.split("|"), key=len, reverse=True):
            first = _LETTERS.match(cue)
            if first is not None:
                rest = "".join(_SPACE if letter == " " else re.escape(letter) for letter in cue[first.end() :])
                rests.setdefault(first[0], []).append(rest)
        for first_word, found in rests.items():
            expressions.setdefault(first_word, []).append(rf"(?i:{first_word}(?:{'|'.join(found)})){name}")
    return expressions


_CUES: Final = _by_first_word(
    (
        (_SAID, rf"{_SPACE}{_NAME}"),
        (_SAID_OF_TWO, rf"{_SPACE}{_FULL_NAME}"),
        (_CALLING, rf"{_SPACE}{_NAME}(?=,?{_SPACE}(?:from|of|at|with|speaking|here|calling|writing)\b)"),
        (_TITLES, rf"{_SPACE}{_NAME}"),
        (_GREETINGS, rf"{_SPACE}{_NAME}(?={_SPACE}?(?:[,!:;.–-]|[\r\n]|\Z))"),
        (_FAREWELLS, rf"{_SPACE}?[,.!]?{_SPACE}?\r?\n\s{{0,8}}{_NAME}(?={_SPACE}?(?:[\r\n,|(–-]|\Z))"),
        (_FAREWELLS, rf"{_SPACE}?[,.!]?{_SPACE}{_NAME}{_LINE_ENDS}"),
    )
)


@cache
def _patterns(first_word: str) -> tuple[re.Pattern[str], ...]:
    """For a first word of a cue. Compiling them all takes a third of a second, which no start should wait for."""
    return tuple(re.compile(expression) for expression in _CUES[first_word])


def find_names(text: str) -> Iterator[NamedPerson]:
    """Yield the names that a cue introduces or signs, in no particular order; they may overlap."""
    for word in _LETTERS.finditer(text):
        first_word = word[0].lower()
        if first_word not in _CUES:
            continue
        for pattern in _patterns(first_word):
            found = pattern.match(text, word.start())
            if found is not None:
                yield from _named(text, *found.span("name"))


def _named(text: str, start: int, end: int) -> Iterator[NamedPerson]:
    words = text[start:end].replace("\xa0", " ").split(" ")
    while words and words[-1].casefold().strip(".") in _NO_NAMES:
        end -= len(words.pop()) + 1
    if words and words[0].casefold() not in _NO_NAMES:
        yield NamedPerson(start, end, " ".join(words).casefold())
