"""A stand-in for a studio's wrapper around ffmpeg: the work is done by a child, not by itself.

`awkward_parent.py wait` waits for the child, `awkward_parent.py leave` ends at once and leaves it behind.
The child's process number is written to `child.pid`.
"""

import subprocess
import sys
import time
from pathlib import Path

endless = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
child = subprocess.Popen([sys.executable, "-c", endless])
Path("child.tmp").write_text(str(child.pid), encoding="ascii")
Path("child.tmp").rename("child.pid")
if sys.argv[1] == "wait":
    frame = 0
    while child.poll() is None:
        frame += 1
        sys.stdout.write(f"frame={frame}\nprogress=continue\n")
        sys.stdout.flush()
        time.sleep(0.05)
