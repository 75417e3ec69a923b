"""A stand-in for ffmpeg that hangs: says nothing, does nothing, never ends."""

import time

while True:
    time.sleep(60)
