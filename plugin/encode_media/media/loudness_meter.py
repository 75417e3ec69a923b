"""Loudness of decoded sound by EBU R128. Runs in the probe's child process."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.filter import Graph

_GATE = -70.0
"""LUFS below which nothing counts (ITU-R BS.1770); the meter shows it where it heard nothing."""
_INTEGRATED, _TRUE_PEAK = "lavfi.r128.I", "lavfi.r128.true_peak"


@dataclass(frozen=True, slots=True)
class Loudness:
    integrated: float | None
    """LUFS; None for silence and for sound too short to be measured."""
    true_peak: float | None
    """dBTP."""


class LoudnessMeter:
    """Give it every frame in order, then read `result`."""

    def __init__(self) -> None:
        self._graph: Graph | None = None
        self._ends: tuple[Any, Any] | None = None
        self._samples = 0
        self._told: dict[str, str] = {}

    def add(self, frame: AudioFrame) -> None:
        source, sink = self._ends or self._opened(frame)
        # The container's own times may be rounded or begin elsewhere; here only the order counts.
        frame.pts, frame.time_base = self._samples, Fraction(1, frame.sample_rate)
        self._samples += frame.samples
        source.push(frame)
        self._listen(sink)

    def result(self) -> Loudness:
        if self._ends is not None:
            source, sink = self._ends
            source.push(None)
            self._listen(sink)
        integrated = float(self._told.get(_INTEGRATED, _GATE))
        peak = float(self._told.get(_TRUE_PEAK, 0))
        return Loudness(
            integrated=integrated if integrated > _GATE else None,
            true_peak=20 * math.log10(peak) if peak > 0 else None,
        )

    def _opened(self, frame: AudioFrame) -> tuple[Any, Any]:
        from av.filter import Graph

        graph = Graph()
        source = graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format.name,
            layout=frame.layout.name,
            time_base=Fraction(1, frame.sample_rate),
        )
        meter, sink = graph.add("ebur128", "metadata=1:peak=true"), graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        graph.configure()
        self._graph, self._ends = graph, (source, sink)
        return self._ends

    def _listen(self, sink: Any) -> None:
        import av

        while True:
            try:
                told = sink.pull().metadata
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            if _INTEGRATED in told:
                self._told = dict(told)
