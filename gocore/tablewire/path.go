package tablewire

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/strictjson"
)

// Letters to which a file system, a URL or a glob gives a meaning.
const special = "\\:*?\"<>|#[]{}"

const (
	maxPath   = 1024
	logFolder = "_delta_log"
)

// CheckPath fails unless a path leads to a file in the folder of a table, on every system and however
// often its percent escapes are undone: it is relative, goes down only, and does not touch the log.
func CheckPath(path string) error {
	if len(path) > maxPath {
		return badPath(path, fmt.Sprintf("more than %d bytes", maxPath))
	}
	for {
		if err := checkPlain(path); err != nil {
			return err
		}
		plain := unescape(path)
		if plain == path {
			return nil
		}
		path = plain // shorter each time
	}
}

func checkPlain(path string) error {
	for i := range len(path) {
		if c := path[i]; c < ' ' || c == 0x7f || strings.IndexByte(special, c) >= 0 {
			return badPath(path, fmt.Sprintf("the letter %q", c))
		}
	}
	for segment := range strings.SplitSeq(path, "/") {
		switch {
		case segment == "" || strings.Trim(segment, ". ") == "":
			return badPath(path, fmt.Sprintf("the part %q", segment))
		case strings.EqualFold(segment, logFolder):
			return badPath(path, "a file of the log")
		}
	}
	return nil
}

func badPath(path, why string) error {
	return fmt.Errorf("path %q: %s: %w", strictjson.Shorten(path), why, ErrPath)
}

// escape is what stands for a byte in a URL.
var escape = regexp.MustCompile("%[0-9A-Fa-f]{2}")

// unescape undoes escapes as lenient readers do, which leave a percent sign that begins none.
func unescape(path string) string {
	return escape.ReplaceAllStringFunc(path, func(hex string) string {
		b, _ := strconv.ParseUint(hex[1:], 16, 8) // the digits are there
		return string([]byte{byte(b)})
	})
}

// checkAdded fails unless a path is that of a file which a transaction may have written:
// part-<transaction>-<more>.parquet, in no folder.
func checkAdded(path, txn string) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	prefix := "part-" + txn + "-"
	name, ok := strings.CutPrefix(path, prefix)
	if !ok {
		return badPath(path, "a file that is added begins with "+prefix)
	}
	name, ok = strings.CutSuffix(name, ".parquet")
	if !ok || !isName(name) {
		return badPath(path, "after "+prefix+" it has letters, digits, - and _, and ends in .parquet")
	}
	return nil
}

func isName(s string) bool {
	for i := range len(s) {
		c := s[i] | 0x20
		if !(c >= 'a' && c <= 'z' || s[i] >= '0' && s[i] <= '9' || s[i] == '-' || s[i] == '_') {
			return false
		}
	}
	return s != ""
}
