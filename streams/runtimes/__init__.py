"""Runtimes on a distributed log: each a thin driver of `streams.partition_fold`."""
