"""Measures Millrace on Kafka beside what plain users of the same engines reach: `python -m infra.bench_kafka`."""
