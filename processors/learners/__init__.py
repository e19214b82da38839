"""Models that learn one labelled example at a time, whose every bit can be made again."""
