package deltastats_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/polars-io-tools/polars-io-tools-go/gocore/deltastats"
)

// FuzzEnds: what is written of the ends of a column means what was given, to the last unit, or is not
// written; and the least is not above the greatest.
func FuzzEnds(f *testing.F) {
	f.Add("int64", "-9223372036854775808", "9223372036854775807")
	f.Add("datetime[us, UTC]", "-1", "1577898000000001") // before 1970
	f.Add("datetime[ms]", "-62135596800000", "253402300799999")
	f.Add("date", "-719162", "2932896")
	f.Add("string", "a\"\\\u2028<&>", "é\x00")
	f.Add("float64", "-0", "0.1")
	f.Add("float32", "-inf", "1e39")
	f.Add("boolean", "false", "true")
	f.Add("decimal[10, 2]", "1", "2")
	f.Fuzz(func(t *testing.T, typ, least, greatest string) {
		b, err := deltastats.Write(5, []deltastats.Column{column(typ, least, greatest)})
		if err != nil {
			return
		}
		var s struct{ MinValues, MaxValues map[string]any }
		decoder := json.NewDecoder(strings.NewReader(string(b)))
		decoder.UseNumber()
		if err := decoder.Decode(&s); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		lo, there := s.MinValues["c"]
		hi, also := s.MaxValues["c"]
		if there != also {
			t.Fatalf("%s has one end", b)
		}
		if there && !(means(typ, lo, least) && means(typ, hi, greatest)) {
			t.Errorf("%s from %q to %q: %s", typ, least, greatest, b)
		}
	})
}

// means reads a value of the log, and compares it with a physical value.
func means(typ string, logged any, given string) bool {
	number, _ := logged.(json.Number)
	text, _ := logged.(string)
	switch {
	case typ == "string":
		return text == given
	case typ == "boolean":
		b, ok := logged.(bool)
		return ok && strconv.FormatBool(b) == given
	case strings.HasPrefix(typ, "float"):
		a, err := strconv.ParseFloat(string(number), 64)
		b, other := strconv.ParseFloat(given, 64)
		return err == nil && other == nil && a == b && !math.IsInf(a, 0)
	case typ == "date":
		at, err := time.Parse("2006-01-02", text)
		return err == nil && at.Unix()%86_400 == 0 && same(big.NewInt(at.Unix()/86_400), given)
	case strings.HasPrefix(typ, "datetime"):
		at, err := time.Parse("2006-01-02T15:04:05", strings.TrimSuffix(text, "Z"))
		if strings.HasPrefix(typ, "datetime[ms") {
			return err == nil && at.Nanosecond()%1_000_000 == 0 && same(big.NewInt(at.UnixMilli()), given)
		}
		return err == nil && strings.HasPrefix(typ, "datetime[us") && same(big.NewInt(at.UnixMicro()), given)
	case strings.HasPrefix(typ, "int"), strings.HasPrefix(typ, "uint"):
		n, ok := new(big.Int).SetString(string(number), 10)
		return ok && same(n, given)
	}
	return false // nothing is written of others
}

func same(n *big.Int, given string) bool {
	want, ok := new(big.Int).SetString(given, 10)
	return ok && n.Cmp(want) == 0
}
