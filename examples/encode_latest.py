"""Encodes the newest version of a shot and waits, as a pipeline script would.

FTRACK_SERVER=… FTRACK_API_USER=… FTRACK_API_KEY=… python examples/encode_latest.py sh010
"""

from __future__ import annotations

import sys

import ftrack_api

import encode_media


def main(shot: str) -> int:
    session = ftrack_api.Session(plugin_paths=[])
    query = f'AssetVersion where asset.parent.name is "{shot}" order by date descending'
    version = session.query(query).first()
    if version is None:
        sys.exit(f"{shot} has no version")
    job = encode_media.submit(session, version=version, preset="review")
    try:
        result = job.wait(timeout=3600)
    except encode_media.EncodeMediaError as error:
        sys.stderr.write(f"{error.message}\n{error.hint}\n")
        return error.exit_code
    for output in result.published:
        sys.stdout.write(f"{output.name}: {output.width}x{output.height}, {output.frames} frames\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
