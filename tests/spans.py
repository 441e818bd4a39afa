"""Spans of OpenTelemetry as tests look at them: in memory, or written by several processes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

__all__ = ["Seen", "Spans", "read_spans"]


@dataclass(frozen=True)
class Seen:
    """A span as it was exported, in JSON."""

    raw: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.raw["name"])

    @property
    def attributes(self) -> dict[str, Any]:
        return dict(self.raw["attributes"])

    @property
    def status(self) -> dict[str, str]:
        return dict(self.raw["status"])

    @property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        return [(e["name"], e["attributes"]) for e in self.raw["events"]]

    def is_in(self, parent: Seen) -> bool:
        ids = self.raw["context"]["trace_id"], parent.raw["context"]["trace_id"]
        return bool(ids[0] == ids[1] and self.raw["parent_id"] == parent.raw["context"]["span_id"])


class Spans:
    """A provider of tracers whose spans stay in memory."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))

    def seen(self) -> list[Seen]:
        """Return the spans that have ended since the last call, by when they began."""
        spans = self._exporter.get_finished_spans()
        self._exporter.clear()
        return _in_order(json.loads(span.to_json()) for span in spans)


def read_spans(folder: Path) -> list[Seen]:
    """Return the spans in files of a line each, by when they began."""
    lines = [line for file in folder.iterdir() for line in file.read_text().splitlines()]
    return _in_order(map(json.loads, lines))


def _in_order(raw: Iterable[dict[str, Any]]) -> list[Seen]:
    return [Seen(each) for each in sorted(raw, key=lambda each: str(each["start_time"]))]
