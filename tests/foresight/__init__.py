"""Tests of what is likely to come: minutes of work, and demand."""
