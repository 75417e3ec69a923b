"""Preset files: found, checked, and evaluated for one source and one set of options."""
