"""The values that flow: source, media, preset, plan, result. No effects, nothing of ftrack or ffmpeg."""
