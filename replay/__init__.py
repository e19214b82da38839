"""The past: folded again, compared, erased."""
