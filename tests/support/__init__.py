"""What several test folders share: clips, patches, a running sandbox."""
