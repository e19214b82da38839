"""History from files: rows become events through a mapping file alone, merged by event time before they enter."""
