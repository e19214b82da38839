"""How many read the tables at once? To plan a question takes a core most of its time; another may wait for the disk."""

from __future__ import annotations

from typing import Final

READERS: Final = 3
# One line is for what is written, in its order.
SOCKETS: Final = 1 + READERS
