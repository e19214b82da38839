"""Everything behind one home folder, together."""
