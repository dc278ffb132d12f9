"""The views of the boards: which notices stand where. What they say is read from their streams."""
