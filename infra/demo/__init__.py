"""The seeded, invented company behind `make demo`, and the mixed load behind `make bench`."""
