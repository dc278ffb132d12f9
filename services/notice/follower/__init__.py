"""What the events of the roster and of evaluation do here: doors like `api/`, for events instead of requests."""
