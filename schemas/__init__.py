"""What can be said: events in, facts out, topics and versions."""
