"""`python -m encode_media.sandbox --data DIR --port N [--seed SEED] [--record FILE]`: the server alone.

It runs until a signal. It has no encoder: `encode_media` is answered as by a server that does not know it.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from dataclasses import asdict
from pathlib import Path

from encode_media.sandbox.seed_checks import SeedError
from encode_media.sandbox.seeds import load_seed
from encode_media.sandbox.server import Sandbox


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m encode_media.sandbox", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds everything the server knows")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--page", type=Path, help="folder served as the web page")
    parser.add_argument("--seed", default="demo", help="demo, empty, or a YAML file")
    parser.add_argument("--record", type=Path, help="file that takes every request and event")
    arguments = parser.parse_args()
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        seed = load_seed(arguments.seed)
        sandbox = Sandbox(
            arguments.data, port=arguments.port, page=arguments.page, seed=seed, record=arguments.record
        )
        address = sandbox.start()
    except SeedError as error:
        parser.error(str(error))
    sys.stdout.write(json.dumps(asdict(address)) + "\n")
    sys.stdout.flush()
    # Waiting in short turns, because on Windows a wait without end is not interrupted by signals.
    while not ended.wait(0.5):
        pass
    sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
