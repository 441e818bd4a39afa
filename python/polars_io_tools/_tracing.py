"""Spans of OpenTelemetry, in programs that trace with it.

A program that traces has imported `opentelemetry.trace`, to say where spans go. One that has not
pays for a look into `sys.modules`, and nothing is imported for it. In a worker there are spans if
the driver has sent a context with the task, and the process of the worker traces as well.

Invariant: a span holds counts, labels of calendar periods, nodes, and the types of exceptions. No
filter, value, path, statement, message or option gets into one.

Example:
    >>> with Span("piot.plan", here()) as span:  # nothing is traced here
    ...     span.note({"piot.periods": 3})
    >>> span.carrier()
    {}
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Literal, Self

from polars_io_tools._version import __version__

__all__ = ["Context", "Span", "here", "in_task", "kind_of", "received"]

# A context of OpenTelemetry, which says what a span is part of.
Context = Any

Kind = Literal["CLIENT", "CONSUMER", "INTERNAL"]

_API = "opentelemetry.trace"

# The version of the semantic conventions whose names are used, see docs/tracing.md.
_SCHEMA_URL = "https://opentelemetry.io/schemas/1.34.0"

# Of the tasks that this process works on. Polars calls sources in threads of its own, which have no
# context, and a process works on one task at a time.
_tasks: list[Context | None] = []


def here() -> Context | None:
    """Return the context of the caller, None where nothing is traced."""
    if _tasks:
        return _tasks[-1]
    if _API not in sys.modules:
        return None
    from opentelemetry import context

    return context.get_current()


def received(carrier: Mapping[str, str]) -> Context | None:
    """Return the context that a driver has sent, None where there is none or nothing is traced."""
    if not carrier or _API not in sys.modules:
        return None
    from opentelemetry.context import Context as Root
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract(carrier, Root())


@contextmanager
def in_task(context: Context | None) -> Iterator[None]:
    """Let `here` return a context in all threads of this process."""
    _tasks.append(context)
    try:
        yield
    finally:
        _tasks.remove(context)


def kind_of(error: BaseException) -> str:
    """Return the name of the class of an exception, as `error.type` has it.

    Example:
        >>> kind_of(KeyError("secret"))
        'KeyError'
    """
    kind = type(error)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


class Span:
    """A span, or nothing where nothing is traced; as a context manager it ends with its block.

    Args:
        name: what is done.
        parent: what it is part of, None for no span.
        kind: how it stands to what called for it.
        began: when it began, in ns since 1970, None for now.
        attributes: what is known already.

    Attributes:
        context: what is part of it has this as its parent.
    """

    __slots__ = ("_span", "context")

    def __init__(
        self,
        name: str,
        parent: Context | None,
        *,
        kind: Kind = "INTERNAL",
        began: int | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> None:
        self._span: Any = None
        self.context: Context | None = None
        if parent is None:
            return
        from opentelemetry import trace

        tracer = trace.get_tracer("polars_io_tools", __version__, schema_url=_SCHEMA_URL)
        self._span = tracer.start_span(
            name, parent, kind=trace.SpanKind[kind], start_time=began, attributes=attributes
        )
        self.context = trace.set_span_in_context(self._span, parent)

    @property
    def recording(self) -> bool:
        """Whether what is noted goes anywhere."""
        return self._span is not None and self._span.is_recording()

    def note(self, attributes: Mapping[str, Any]) -> None:
        """Add what is known by now; what is None is not known."""
        if self.recording:
            self._span.set_attributes({k: v for k, v in attributes.items() if v is not None})

    def event(self, name: str, attributes: Mapping[str, Any]) -> None:
        """Note that something happened now."""
        if self.recording:
            self._span.add_event(name, attributes)

    def carrier(self) -> dict[str, str]:
        """Return the context as it travels, by W3C Trace Context; baggage does not travel."""
        if self.context is None:
            return {}
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        carrier: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(carrier, self.context)
        return carrier

    @contextmanager
    def around(self) -> Iterator[None]:
        """Let what the caller does inside be part of the span; nothing may be yielded there."""
        if self.context is None:
            yield
            return
        from opentelemetry import context

        token = context.attach(self.context)
        try:
            yield
        finally:
            context.detach(token)

    def end(self, error: BaseException | None = None) -> None:
        """End it, as failed if there is an error; once is enough."""
        span, self._span = self._span, None
        if span is None:
            return
        if error is not None:
            from opentelemetry.trace import Status, StatusCode

            # Without a description: messages hold values.
            span.set_status(Status(StatusCode.ERROR))
            span.set_attribute("error.type", kind_of(error))
        span.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        # Who closes a generator has had enough of it, which is no failure.
        self.end(None if isinstance(error, GeneratorExit) else error)
