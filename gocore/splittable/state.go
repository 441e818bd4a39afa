package splittable

// state is what is known of the rows of a node's output.
type state struct {
	// disorder names the node that leaves the order of rows open, "" when the
	// order is the same in every run.
	disorder string
	remedy   string

	// joined says that this node is a join and nothing above it asked for an order:
	// a slice reaches into it.
	joined bool

	// choice names the node whose choice among rows of equal date shows in the
	// values, "" when the rows are the same in every run.
	choice string

	// sliced names the join whose promised order Polars forgets when a slice is
	// pushed into it and nothing above observes the order, "" when there is none.
	sliced string

	// unique are columns whose values together occur once, nil when not known.
	unique []string
}

func (s state) withOrderOf(o state) state {
	if s.disorder == "" {
		s.disorder, s.remedy, s.joined = o.disorder, o.remedy, o.joined
	}
	return s
}

func (s state) withChoiceOf(o state) state {
	if s.choice == "" {
		s.choice = o.choice
	}
	return s
}

func (s state) withSlicedOf(o state) state {
	if s.sliced == "" {
		s.sliced = o.sliced
	}
	return s
}

func (s state) disordered(by, remedy string) state {
	if s.disorder == "" {
		s.disorder, s.remedy = by, remedy
	}
	return s
}
