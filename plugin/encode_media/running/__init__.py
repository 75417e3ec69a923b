"""Doing what a plan says, and proving that it was done."""
