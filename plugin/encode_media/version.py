"""The one place the version is written.

Connect recognises only `X.Y.Z` and `X.Y.ZrcN` in a plugin folder name, so no other form is allowed here.
"""

__version__ = "0.1.0"
