"""A stand-in for ffmpeg that writes far more than anybody can keep, then fails.

The first line names the cause; after it come many lines, one line of 64 MB, and rubbish as progress.
"""

import sys

out, err = sys.stdout.buffer, sys.stderr.buffer
err.write(b"Unknown encoder 'first_cause'\n")
for number in range(200_000):
    err.write(b"line %d of very many, each of some length\n" % number)
for _ in range(64):
    err.write(b"x" * 1_000_000)
    out.write(b"frame=\xff\xfe==\nprogress\n" * 1000)
err.write(b"\nthe end\n")
err.flush()
out.flush()
sys.exit(8)
