"""What a sink says of statements that it can never write, so that their owner can set them aside and go on."""

from __future__ import annotations


class UnwritableStatement(ValueError):
    """These statements hold something that no retry will make writable; nothing of their batch was written.

    `tokens` name them in the outbox; the message says which kind, field and value it was, and what would be taken.
    """

    def __init__(self, tokens: tuple[int, ...], message: str) -> None:
        super().__init__(message)
        self.tokens = tokens
