"""One module for each kind of output. Each plans it from the same `Work` and knows nothing of the others."""
