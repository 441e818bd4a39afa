package interval

import "cmp"

type labelDomain struct{ labels []string }

// Labels returns the discrete domain of the positions in a list of labels, such as the categories
// of an enumeration: they are from 0 to len(labels)-1.
func Labels(labels []string) Domain[int64] { return labelDomain{labels: labels} }

func (labelDomain) Compare(a, b int64) int { return cmp.Compare(a, b) }

func (d labelDomain) Next(v int64) (int64, bool) { return v + 1, v+1 < int64(len(d.labels)) }

func (labelDomain) Prev(v int64) (int64, bool) { return v - 1, v > 0 }

// Extremes of no labels are a position alone that no value has.
func (d labelDomain) Extremes() (lo, hi int64, ok bool) {
	return 0, max(0, int64(len(d.labels))-1), true
}

func (d labelDomain) Format(v int64) string {
	if v < 0 || v >= int64(len(d.labels)) {
		return "no label"
	}
	return d.labels[v]
}
