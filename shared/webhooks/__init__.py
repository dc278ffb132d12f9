"""Signed webhooks (Standard Webhooks) of the same events as `GET /events`: at least once, in order for each subscription."""
