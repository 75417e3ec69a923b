"""A stand-in for ffmpeg whose result grows without end: `awkward_growing.py FILE`."""

import sys
import time

with open(sys.argv[1], "wb", buffering=0) as file:  # noqa: PTH123 - unbuffered
    frame = 0
    while True:
        frame += 1
        file.write(bytes(200_000))
        sys.stdout.write(f"frame={frame}\nprogress=continue\n")
        sys.stdout.flush()
        time.sleep(0.02)
