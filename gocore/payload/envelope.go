package payload

const (
	magic     = "DSL_VERSION"
	hashStart = len(magic) + 4
	bodyStart = hashStart + 64
)

// envelope says where the parts of a payload stand.
type envelope struct {
	frames, plans   span
	noFrame, noPlan span // slot 0 of either list
	root            span
}

// open checks the prefix of a payload and finds its parts.
func open(payload []byte) (envelope, error) {
	if len(payload) < bodyStart || string(payload[:len(magic)]) != magic {
		return envelope{}, unknown(0, "a plan that starts with "+magic)
	}
	for i, c := range payload[hashStart:bodyStart] {
		if !('0' <= c && c <= '9' || 'a' <= c && c <= 'f') {
			return envelope{}, unknown(hashStart+i, "a digit of the schema hash")
		}
	}
	c := cursor{payload, bodyStart}
	f, err := c.fields()
	if err != nil {
		return envelope{}, err
	}
	if len(f) != 3 || !has(f, "root", "dataframes", "dsl_plans") || c.at != len(payload) {
		return envelope{}, unknown(bodyStart, "one map of root, dataframes and dsl_plans")
	}
	e := envelope{root: f["root"], frames: f["dataframes"], plans: f["dsl_plans"]}
	if e.noFrame, err = slotZero(payload, e.frames); err != nil {
		return envelope{}, err
	}
	e.noPlan, err = slotZero(payload, e.plans)
	return e, err
}

// slotZero returns where the first, empty slot of a slot list stands.
func slotZero(payload []byte, list span) (span, error) {
	c := cursor{payload, list.start}
	n, err := c.header(arrayHeader)
	if err != nil {
		return span{}, err
	}
	if n == 0 {
		return span{}, unknown(list.start, "a slot list with its empty slot 0")
	}
	start := c.at
	f, err := c.fields()
	if err != nil {
		return span{}, err
	}
	if len(f) != 2 || !has(f, "value", "version") || !isNil(payload, f["value"]) {
		return span{}, unknown(start, "an empty slot {value: nil, version}")
	}
	return span{start, c.at}, nil
}

// alone writes a payload whose only plan node is node, with the prefix of the
// payload it comes from and without its frames: a scan refers to nothing.
func (e envelope) alone(payload, node []byte) []byte {
	b := make([]byte, 0, len(node)+bodyStart+256)
	b = append(b, payload[:bodyStart]...)
	b = append(b, 0x83)
	b = append(appendText(b, "root"), 0x82)
	b = append(appendText(b, "idx"), 1)
	b = append(appendText(b, "version"), 1)
	b = appendArrayHeader(appendText(b, "dataframes"), 1)
	b = append(b, e.noFrame.of(payload)...)
	b = appendArrayHeader(appendText(b, "dsl_plans"), 2)
	b = append(b, e.noPlan.of(payload)...)
	b = append(b, 0x82)
	b = append(appendText(b, "value"), node...)
	return append(appendText(b, "version"), 1)
}
