"""Reads sources for the form: several at once, each only once while it stays the same."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
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

    def begin(self, source: SourceRef) -> Future[Media]:
        """The reading of a source; the one already begun or done if the source is the same still."""
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

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


def _state(source: SourceRef) -> object:
    """Changes when the source does: with a file its own time and size, with a sequence its folder's."""
    path = Path(source.path)
    try:
        found = (path.parent if source.is_sequence else path).stat()
    except OSError:
        # A source that isn't there is looked for again each time.
        return (source, object())
    return (source, found.st_mtime_ns, found.st_size)


def outcome(reading: Future[Media]) -> Look:
    """What a reading gave, without waiting for it."""
    if not reading.done() or reading.cancelled():
        return None
    error = reading.exception()
    if error is None:
        return reading.result()
    return error if isinstance(error, EncodeMediaError) else failure("internal", problem=str(error))
