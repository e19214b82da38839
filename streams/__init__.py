"""How events come in and move."""
