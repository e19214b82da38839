"""Where facts go and are read back."""
