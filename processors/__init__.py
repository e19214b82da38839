"""What follows from the events: one question answered per file, as pure folds."""
