"""How Millrace is run: commands, settings, surface, packaging."""
