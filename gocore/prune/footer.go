package prune

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// identity is what tells whether a file is still the same.
type identity struct {
	size  int64
	mtime int64 // nanoseconds since 1970
}

// unwatched is the identity of a file that was not found here, such as a remote one.
var unwatched = identity{-1, -1}

func identityOf(info os.FileInfo) identity {
	return identity{info.Size(), info.ModTime().UnixNano()}
}

// tailSize is read from the end of a file at once: most footers fit.
const tailSize = 64 << 10

// maxFooter bounds what a broken file can make us read.
const maxFooter = 1 << 30

const trailer = 8 // the length of the footer, and "PAR1"

// readFooter reads the metadata of an open Parquet file. A file that is encrypted
// or not Parquet is an error.
func readFooter(f io.ReaderAt, size int64) (*metadata.FileMetaData, error) {
	tail := make([]byte, min(size, tailSize))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil {
		return nil, fmt.Errorf("prune: end of the file: %w", err)
	}
	if len(tail) < trailer || string(tail[len(tail)-4:]) != "PAR1" {
		return nil, fmt.Errorf("prune: no Parquet footer: %w", ErrUnreadable)
	}
	length := int64(binary.LittleEndian.Uint32(tail[len(tail)-trailer:]))
	if length > size-trailer || length > maxFooter {
		return nil, fmt.Errorf("prune: a footer of %d bytes in a file of %d: %w", length, size, ErrUnreadable)
	}
	if length > int64(len(tail)-trailer) {
		tail = make([]byte, length+trailer)
		if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil {
			return nil, fmt.Errorf("prune: footer: %w", err)
		}
	}
	end := int64(len(tail) - trailer)
	return metadata.NewFileMetaData(tail[end-length:end], nil)
}
