"""Tickets, feedback and expert answers, found again by their words: embedded in Qdrant Edge, or on a Qdrant server."""
