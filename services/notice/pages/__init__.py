"""What the public reads: boards, notices, register and feed, as pages for people and as JSON for programs."""
