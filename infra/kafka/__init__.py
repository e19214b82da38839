"""A Kafka broker of this machine, for development, trials and tests."""
