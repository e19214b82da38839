"""Alerts told to customers' own addresses: signed, retried, guarded and logged."""
