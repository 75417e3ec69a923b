"""Starting other programs so that none of them outlives us, and none is trusted."""
