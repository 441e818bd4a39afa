package main

import (
	"errors"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/arrowc"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/calendar"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/cuts"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/deltastats"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/expr"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/keyrange"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/pack"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/payload"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/pgread"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/prune"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/sqlpush"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
	"github.com/polars-io-tools/polars-io-tools-go/gocore/tablewire"
)

// Python modules that hold exception classes.
const (
	builtins  = "builtins"
	ourErrors = "polars_io_tools.errors"
)

// errTestHook reports a wrong argument of the test hook.
var errTestHook = errors.New("unknown place")

// statuses says which Python exception an error becomes: the first sentinel that it
// wraps decides. Errors that wrap none, panics among them, are our own defects:
// InternalError. ForkedProcessError is missing here because a forked child must not run
// Go; call.c raises it.
var statuses = []struct {
	sentinel      error
	module, class string
}{
	{expr.ErrMalformed, ourErrors, "ExpressionError"},
	{calendar.ErrUnknownUnit, builtins, "ValueError"},
	{calendar.ErrSubDay, builtins, "ValueError"},
	{calendar.ErrBadZone, builtins, "ValueError"},
	{calendar.ErrDateZone, builtins, "ValueError"},
	{payload.ErrUnknownLayout, builtins, "ValueError"},
	{payload.ErrInexact, builtins, "ValueError"},
	{payload.ErrEdit, builtins, "ValueError"},
	{arrowc.ErrSchemaMismatch, ourErrors, "SchemaMismatchError"},
	{arrowc.ErrReleased, builtins, "ValueError"},
	{arrowc.ErrMalformed, builtins, "ValueError"},
	{arrowc.ErrStream, builtins, "ValueError"},
	{prune.ErrChanged, ourErrors, "SourceChangedError"},
	{prune.ErrUnreadable, builtins, "OSError"},
	{prune.ErrRequest, builtins, "ValueError"},
	{prune.ErrIndex, builtins, "ValueError"},
	{sqlpush.ErrQuery, builtins, "ValueError"},
	{sqlpush.ErrColumns, builtins, "ValueError"},
	{sqlpush.ErrRequest, builtins, "ValueError"},
	{pack.ErrUnsupported, builtins, "ValueError"},
	{pack.ErrCorrupt, builtins, "ValueError"},
	{pgread.ErrRequest, builtins, "ValueError"},
	// Before the errors of the connection, which may be why it has ended.
	{pgread.ErrSnapshot, ourErrors, "SnapshotEndedError"},
	{pgread.ErrConnection, ourErrors, "DatabaseConnectionError"},
	{pgread.ErrTransient, ourErrors, "DatabaseConnectionError"},
	{pgread.ErrTimeout, ourErrors, "DatabaseTimeoutError"},
	{pgread.ErrUnsupported, ourErrors, "UnsupportedColumnError"},
	{pgread.ErrValue, ourErrors, "ColumnValueError"},
	{pgread.ErrDrift, ourErrors, "SchemaMismatchError"},
	{pgread.ErrReadOnly, ourErrors, "DatabaseError"},
	{pgread.ErrCancelled, ourErrors, "DatabaseError"},
	{pgread.ErrMalformed, ourErrors, "DatabaseError"},
	{pgread.ErrQuery, ourErrors, "DatabaseError"},
	{tablewire.ErrPath, builtins, "ValueError"},
	{tablewire.ErrForm, builtins, "ValueError"},
	{strictjson.ErrJSON, builtins, "ValueError"},
	{keyrange.ErrType, builtins, "ValueError"},
	{keyrange.ErrValue, builtins, "ValueError"},
	{keyrange.ErrNull, builtins, "ValueError"},
	{keyrange.ErrRange, builtins, "ValueError"},
	{cuts.ErrAim, builtins, "ValueError"},
	{cuts.ErrChanged, ourErrors, "SourceChangedError"},
	{deltastats.ErrStatistics, builtins, "ValueError"},
	{errNoMemory, builtins, "MemoryError"},
	{errTestHook, builtins, "ValueError"},
}

func pythonClass(err error) (module, class string) {
	for _, s := range statuses {
		if errors.Is(err, s.sentinel) {
			return s.module, s.class
		}
	}
	return ourErrors, "InternalError"
}
