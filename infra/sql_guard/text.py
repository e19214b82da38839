"""Is the text one readable SELECT? Its tokens are looked at before anything is parsed."""

from __future__ import annotations

from typing import ClassVar

from sqlglot import exp, parse
from sqlglot.dialects.clickhouse import ClickHouse
from sqlglot.errors import ParseError, SqlglotError
from sqlglot.parsers.clickhouse import ClickHouseParser
from sqlglot.tokenizer_core import Token, TokenType

from infra.sql_guard.refusal import SqlRefused

CHARACTERS = 20_000
TOKENS = 4_000
NESTING = 40

_FIRST = {TokenType.SELECT, TokenType.WITH, TokenType.L_PAREN}
_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET}
_QUOTED = {TokenType.STRING, TokenType.IDENTIFIER}
_PARAMETERS = {
    TokenType.L_BRACE,
    TokenType.R_BRACE,
    TokenType.PARAMETER,
    TokenType.SESSION_PARAMETER,
}
_ONE_SELECT = "write one SELECT over the views"


class _Reading(ClickHouse):
    """ClickHouse's grammar without a table of known functions, so that a call keeps the name it was written with."""

    INDEX_OFFSET = 0

    class Parser(ClickHouseParser):
        FUNCTIONS: ClassVar = {}
        FUNCTION_PARSERS: ClassVar = {name: ClickHouseParser.FUNCTION_PARSERS[name] for name in ("CAST", "EXTRACT")}
        NO_PAREN_FUNCTIONS: ClassVar = {}
        NO_PAREN_FUNCTION_PARSERS: ClassVar = {"CASE": ClickHouseParser.NO_PAREN_FUNCTION_PARSERS["CASE"]}


def parse_select(sql: str) -> exp.Expr:
    """The tree of the one query in `sql`; raises SqlRefused for everything that is not one."""
    _check_characters(sql)
    try:
        tokens = _Reading().tokenize(sql)
    except SqlglotError as error:
        raise SqlRefused("a quote, comment or symbol in it is never ended or unknown", 0, _ONE_SELECT) from error
    _check_tokens(tokens)
    try:
        statements = parse(sql, dialect=_Reading)
    except ParseError as error:
        raise _unreadable(error, sql) from error
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError) as error:
        raise SqlRefused("it cannot be read as a query", 0, _ONE_SELECT) from error
    found = [statement for statement in statements if statement is not None]
    if len(found) != 1:
        raise SqlRefused("it is not exactly one statement", 0, _ONE_SELECT)
    return found[0]


def _check_characters(sql: str) -> None:
    if len(sql) > CHARACTERS:
        raise SqlRefused(
            f"it is longer than {CHARACTERS} characters", CHARACTERS, "shorten it, or ask in several steps"
        )
    for position, character in enumerate(sql):
        if character not in "\n\r\t" and not character.isprintable() and character != "\u00a0":
            raise SqlRefused(f"it holds the invisible character U+{ord(character):04X}", position, "remove it")


def _check_tokens(tokens: list[Token]) -> None:
    while tokens and tokens[-1].token_type == TokenType.SEMICOLON:
        tokens = tokens[:-1]
    if not tokens:
        raise SqlRefused("it is empty", 0, _ONE_SELECT)
    if len(tokens) > TOKENS:
        raise SqlRefused(f"it has more than {TOKENS} words and symbols", tokens[TOKENS].start, "ask in several steps")
    first = tokens[0]
    if first.token_type not in _FIRST:
        raise SqlRefused(f"{first.text[:20].upper()} is not a SELECT", first.start, _ONE_SELECT)
    _check_nesting(tokens)
    for index, token in enumerate(tokens):
        _check_token(token, [each.text.upper() for each in tokens[index + 1 : index + 3]])


def _check_nesting(tokens: list[Token]) -> None:
    depth = 0
    for token in tokens:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        if depth > NESTING:
            raise SqlRefused(
                f"its brackets are nested deeper than {NESTING}", token.start, "use WITH name AS (SELECT …)"
            )


def _check_token(token: Token, following: list[str]) -> None:
    if token.token_type in _QUOTED:
        return
    word = token.text.upper()
    if token.token_type == TokenType.SEMICOLON:
        raise SqlRefused("it holds more than one statement", token.start, "send them one by one")
    if token.token_type in _PARAMETERS:
        raise SqlRefused("parameters are not taken", token.start, "write the value itself")
    if not token.text.isascii():
        raise SqlRefused(f"{token.text[:20]!r} holds letters outside of ASCII", token.start, "quote it with backticks")
    if word == "INTO":
        raise SqlRefused("INTO would write a file or a table", token.start, "leave it out: the answer is returned")
    if word == "SETTINGS" and following[1:] == ["="]:
        raise SqlRefused("SETTINGS may not be changed by a query", token.start, "leave the clause out")
    if word == "FORMAT" and len(following) == 1 and following[0].isidentifier():
        raise SqlRefused("FORMAT may not be chosen by a query", token.start, "leave the clause out")


def _unreadable(error: ParseError, sql: str) -> SqlRefused:
    details = error.errors[0] if error.errors else {}
    lines = sql.split("\n")[: max(int(details.get("line") or 1) - 1, 0)]
    position = min(sum(len(line) + 1 for line in lines) + max(int(details.get("col") or 1) - 1, 0), len(sql))
    near = str(details.get("highlight") or "").strip()[:40]
    said = str(details.get("description") or "it cannot be read").rstrip(".").lower()
    return SqlRefused(f"it cannot be read as a query near {near!r}: {said}" if near else said, position, _ONE_SELECT)
