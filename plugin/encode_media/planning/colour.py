"""Placeholder for the planner."""
