package prune

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// verify fails with [ErrChanged] when a file is not the one that was indexed: it
// vanished, or its size or modification time is another. No list means all files.
func (x *index) verify(files []int, all bool) error {
	if all {
		for i := range x.files {
			if err := x.verifyFile(i); err != nil {
				return err
			}
		}
		return nil
	}
	for _, i := range files {
		if i < 0 || i >= x.files {
			return fmt.Errorf("prune: file %d of %d: %w", i, x.files, ErrRequest)
		}
		if err := x.verifyFile(i); err != nil {
			return err
		}
	}
	return nil
}

func (x *index) verifyFile(i int) error {
	path, err := x.path(i)
	if err != nil {
		return err
	}
	was := x.identity(i)
	if was == unwatched {
		return nil
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s has vanished since the query was planned: %w", path, ErrChanged)
	case err != nil:
		return fmt.Errorf("%s cannot be found as it was when the query was planned: %w: %w", path, err, ErrChanged)
	}
	switch now := identityOf(info); {
	case now.size != was.size:
		return fmt.Errorf("%s had %d bytes when the query was planned and has %d now: %w", path, was.size, now.size, ErrChanged)
	case now.mtime != was.mtime:
		return fmt.Errorf("%s was modified at %s, after the query was planned: %w", path, clock(now.mtime), ErrChanged)
	}
	return nil
}

func clock(mtime int64) string { return time.Unix(0, mtime).UTC().Format(time.RFC3339Nano) }
