"""Reading sources: finding them, probing them in a child process, and knowing what ffmpeg can do."""
