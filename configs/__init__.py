"""Run configurations, every key commented."""
