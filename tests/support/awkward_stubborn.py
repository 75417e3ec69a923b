"""A stand-in for ffmpeg that works on for ever and doesn't listen to SIGTERM or SIGINT."""

import signal
import sys
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
frame = 0
while True:
    frame += 1
    sys.stdout.write(f"frame={frame}\nout_time_us={frame * 1000}\nprogress=continue\n")
    sys.stdout.flush()
    time.sleep(0.05)
