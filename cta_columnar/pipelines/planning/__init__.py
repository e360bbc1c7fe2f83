"""Runs that are planned for job arrays: the plan, its elements, and their state."""
