"""Load, decide, save: what is done with the boards."""
