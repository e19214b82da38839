"""Faust workers: the partitions of a journal on Kafka, folded by the processes that share them."""
