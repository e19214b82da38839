"""Kafka as the carrier of the log: the one place where its client library is spoken."""
