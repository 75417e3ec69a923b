"""Connects the parts; the only module that knows them all."""
