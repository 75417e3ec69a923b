"""Reads sources for the form: several at once, within a time, each only once while it stays the same."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from encode_media.errors import EncodeMediaError, failure
from encode_media.media.probe import probe
from encode_media.model.media import Media, SourceRef

PARALLEL = 4
"""Readers wait for storage most of the time."""
KEPT = 500
KEPT_S = 300.0
"""A frame written over in place changes neither name nor folder; after this it is read again."""

Look = Media | EncodeMediaError | None
"""What a source is, why it can't be read, or None while it is being read."""


class SourceReader:
    """Safe for threads. `read` raises `EncodeMediaError` for a source that can't be read."""

    def __init__(
        self, read: Callable[[SourceRef], Media] = probe, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="encode-media-read")
        self._lock = threading.Lock()
        self._known: OrderedDict[object, tuple[float, Future[Media]]] = OrderedDict()

    def look(self, sources: Sequence[SourceRef], *, within_s: float) -> list[Look]:
        """One look per source, in order, after `within_s` at the latest. Reading goes on beyond it."""
        readings = [self._reading(source) for source in sources]
        wait(readings, timeout=within_s)
        return [_outcome(reading) for reading in readings]

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _reading(self, source: SourceRef) -> Future[Media]:
        key = _state(source)
        now = self._clock()
        with self._lock:
            known = self._known.get(key)
            if known is None or now - known[0] > KEPT_S:
                known = (now, self._pool.submit(self._read, source))
                self._known[key] = known
                while len(self._known) > KEPT:
                    self._known.popitem(last=False)
            self._known.move_to_end(key)
            return known[1]


def _state(source: SourceRef) -> object:
    """Changes when the source does: with a file its own time and size, with a sequence its folder's."""
    path = Path(source.path)
    try:
        found = (path.parent if source.is_sequence else path).stat()
    except OSError:
        # A source that isn't there is looked for again each time.
        return (source, object())
    return (source, found.st_mtime_ns, found.st_size)


def _outcome(reading: Future[Media]) -> Look:
    if not reading.done() or reading.cancelled():
        return None
    error = reading.exception()
    if error is None:
        return reading.result()
    return error if isinstance(error, EncodeMediaError) else failure("internal", problem=str(error))
