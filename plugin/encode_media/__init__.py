"""Encode Media: review media and deliverables for ftrack, verified before they are published."""

from encode_media.version import __version__

__all__ = ["__version__"]
