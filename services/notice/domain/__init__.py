"""The rules of the boards, pure: facts in, facts out."""
