package pgread

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// The size of a batch: so many rows, or rows of so many bytes on the wire, and at least one row. What
// a batch costs whoever takes it shows below 1 MB; above 2 MB, memory grows and nothing is gained.
const (
	defaultRows = 64 << 10
	mostBytes   = 3 << 19
)

// leastBytes is what a value counts at least: a null has none on the wire, and takes its place all the same.
const leastBytes = 8

// viewBlock is how much text is kept together in one buffer.
const viewBlock = 256 << 10

// columnPlan is how one column is read.
type columnPlan struct {
	name   string
	dtype  Dtype
	make   maker
	format int16
}

// batcher turns rows into batches.
type batcher struct {
	plans    []columnPlan
	schema   *arrow.Schema
	builders []array.Builder
	put      []appender
	most     int // rows

	// rows of the batch and of the query so far, and the bytes of those of the batch.
	rows, bytes int
	seen        int64
}

func newBatcher(plans []columnPlan, most int, infinite Infinite) *batcher {
	mem := &recycler{}
	b := &batcher{plans: plans, most: most}
	fields := make([]arrow.Field, len(plans))
	for i, p := range plans {
		fields[i] = p.dtype.field(p.name)
		builder := array.NewBuilder(mem, p.dtype.build())
		setBlocks(builder)
		b.builders = append(b.builders, builder)
		b.put = append(b.put, p.make(target{builder: builder, dtype: p.dtype, infinite: infinite, labels: p.dtype.Labels}))
	}
	b.schema = arrow.NewSchema(fields, nil)
	return b
}

// setBlocks makes buffers of text large: there are few of them then.
func setBlocks(b array.Builder) {
	switch b := b.(type) {
	case *array.StringViewBuilder:
		b.SetBlockSize(viewBlock)
	case *array.BinaryViewBuilder:
		b.SetBlockSize(viewBlock)
	case *array.LargeListBuilder:
		setBlocks(b.ValueBuilder())
	}
}

// row appends a row. The error names the column and the row, of which the first is 1.
func (b *batcher) row(values [][]byte) error {
	if len(values) != len(b.put) {
		return failf(ErrMalformed, "the server sent a row of %d values for %d columns", len(values), len(b.put))
	}
	b.rows++
	b.seen++
	for i, v := range values {
		b.bytes += max(len(v), leastBytes)
		if v == nil {
			b.builders[i].AppendNull()
			continue
		}
		if err := b.put[i](v); err != nil {
			return b.at(i, err)
		}
	}
	return nil
}

// thisColumn stands in messages of conversions for the name of the column, which they do not know.
const thisColumn = "..."

// at says where a value is.
func (b *batcher) at(column int, err error) error {
	kind := ErrMalformed
	if f, ok := err.(*failure); ok {
		kind = f.kind
	}
	name := b.plans[column].name
	text := strings.ReplaceAll(err.Error(), thisColumn, identifier(name))
	return &failure{kind: kind, text: fmt.Sprintf("column '%s' row %d: %s", name, b.seen, text), cause: err}
}

func (b *batcher) full() bool { return b.rows >= b.most || b.bytes >= mostBytes }

// take gives the batch and begins the next one.
func (b *batcher) take() arrow.RecordBatch {
	columns := make([]arrow.Array, len(b.builders))
	for i, builder := range b.builders {
		built := builder.NewArray()
		columns[i] = labelled(built, b.plans[i].dtype, b.schema.Field(i).Type)
		built.Release()
	}
	record := array.NewRecordBatch(b.schema, columns, int64(b.rows))
	for _, c := range columns {
		c.Release()
	}
	b.rows, b.bytes = 0, 0
	return record
}

// labelled gives the places of labels their dictionary, also inside of lists.
func labelled(built arrow.Array, d Dtype, typ arrow.DataType) arrow.Array {
	data := withLabels(built.Data(), d, typ)
	defer data.Release()
	return array.MakeFromData(data)
}

func withLabels(built arrow.ArrayData, d Dtype, typ arrow.DataType) arrow.ArrayData {
	switch d.Kind {
	case Enum:
		labels := array.NewStringViewBuilder(memory.DefaultAllocator)
		defer labels.Release()
		labels.AppendStringValues(d.Labels, nil)
		dictionary := labels.NewStringViewArray()
		defer dictionary.Release()
		return array.NewDataWithDictionary(typ, built.Len(), built.Buffers(), built.NullN(), built.Offset(),
			dictionary.Data().(*array.Data))
	case List:
		inner := withLabels(built.Children()[0], *d.Inner, typ.(arrow.ListLikeType).Elem())
		defer inner.Release()
		return array.NewData(typ, built.Len(), built.Buffers(), []arrow.ArrayData{inner}, built.NullN(), built.Offset())
	default:
		built.Retain()
		return built
	}
}
