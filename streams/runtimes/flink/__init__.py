"""A Flink job: the tenants of a journal on Kafka, folded by a cluster."""
