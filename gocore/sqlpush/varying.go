package sqlpush

import (
	"slices"
	"strings"
)

// varying finds what may give other rows each time a text runs: functions of the moment
// and of chance, and limits of rows whose order is open. It reads words, not meanings: a
// function of the user's own is not known, and rows may tie in an ORDER BY.
type varying struct {
	found []string
	// last is the word before, in upper case; empty where it was no word.
	last string
	// levels are the brackets that are open, below them the text.
	levels []level
}

type level struct{ limited, ordered bool }

// variableCalls are functions that give other values in another run.
var variableCalls = []string{
	"CLOCK_TIMESTAMP", "GEN_RANDOM_UUID", "GETDATE", "NEWID", "NEXTVAL", "NOW", "RAND", "RANDOM", "RANDOMBLOB",
	"STATEMENT_TIMESTAMP", "TIMEOFDAY", "TODAY", "TRANSACTION_TIMESTAMP", "UUID", "UUID_GENERATE_V4", "UUIDV4", "UUIDV7",
}

// variableWords do so without brackets.
var variableWords = []string{
	"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME", "LOCALTIMESTAMP", "TABLESAMPLE",
}

// What is said of limits.
const (
	unorderedLimit = "LIMIT without ORDER BY"
	orderedLimit   = "LIMIT where rows tie in its ORDER BY"
)

func (v *varying) see(kind tokenKind, text string) {
	if len(v.levels) == 0 {
		v.levels = append(v.levels, level{})
	}
	before := v.last
	v.last = ""
	switch kind {
	case opening:
		if text == "(" && slices.Contains(variableCalls, before) {
			v.add(strings.ToLower(before) + "()")
		}
		v.levels = append(v.levels, level{})
	case closing:
		v.close()
	case word:
		v.last = strings.ToUpper(text)
		v.word(v.last, before)
	case literal:
		if strings.EqualFold(text, "'now'") {
			v.add("'now'")
		}
	case quotedName, parameter, semicolon, symbol, end:
	}
}

func (v *varying) word(word, before string) {
	inner := &v.levels[len(v.levels)-1]
	switch {
	case word == "LIMIT", before == "FETCH" && (word == "FIRST" || word == "NEXT"):
		inner.limited = true
	case word == "ORDER":
		inner.ordered = true
	case word == "SAMPLE" && before == "USING", slices.Contains(variableWords, word):
		v.add(word)
	}
}

// close ends the innermost level.
func (v *varying) close() {
	last := len(v.levels) - 1
	switch l := v.levels[last]; {
	case l.limited && l.ordered:
		v.add(orderedLimit)
	case l.limited:
		v.add(unorderedLimit)
	}
	v.levels = v.levels[:last]
}

// all returns what was found in a text that has been read to its end.
func (v *varying) all() []string {
	for len(v.levels) > 0 {
		v.close()
	}
	return v.found
}

func (v *varying) add(what string) {
	if !slices.Contains(v.found, what) {
		v.found = append(v.found, what)
	}
}
