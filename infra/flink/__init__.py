"""A Flink cluster of this machine: its processes, its settings and the jobs given to it."""
