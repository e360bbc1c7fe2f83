"""Responses: events to cuts, instrument responses and figures of merit."""
