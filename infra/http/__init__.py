"""The HTTP surface: events in, answers out, the console."""
