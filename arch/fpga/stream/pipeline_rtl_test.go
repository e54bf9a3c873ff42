package stream

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// layer is one convolution of a pipeline in the table.
type layer struct{ MH, k, s, SIMD, PE int }

func layersOf(t *testing.T, text string) (list []layer) {
	for _, part := range strings.Split(text, "; ") {
		var l layer
		_, err := fmt.Sscanf(part, "MH=%d k=%d s=%d SIMD=%d PE=%d", &l.MH, &l.k, &l.s, &l.SIMD, &l.PE)
		require.NoError(t, err)
		list = append(list, l)
	}
	return list
}

// pipelineOf builds a row's pipeline: window, FIFO, product, FIFO, and a converter
// directly before the next window where the next window's words have another width.
func pipelineOf(t *testing.T, r row, drainEvery int) (*Pipeline, *Link, *Link) {
	p, dim, ch, depth := New(), r.int(t, "in_dim"), r.int(t, "in_ch"), r.int(t, "fifo_depth")
	in := NewSupply("in", 1, int64(r.int(t, "n_in")))
	var at *Link = in
	layers := layersOf(t, r["layers"])
	out := NewDrain("out", drainEvery, int64(r.int(t, "n_out")))
	for i, l := range layers {
		w := Window{H: dim, W: dim, KH: l.k, KW: l.k, StrideH: l.s, StrideW: l.s, DilH: 1, DilW: 1, Channels: ch, SIMD: l.SIMD}
		u := Product{Width: l.k * l.k * ch, Height: l.MH, SIMD: l.SIMD, PE: l.PE, Latency: DSP48.Latency()}
		middle := NewFIFO(fmt.Sprintf("w%d", i), depth, w.Out())
		require.NoError(t, p.Window(fmt.Sprintf("window%d", i), w, at, middle))
		dim, ch = w.OutH(), l.MH
		made := int64(dim * dim * u.NF())
		if i == len(layers)-1 {
			last := NewFIFO(fmt.Sprintf("p%d", i), depth, made)
			require.NoError(t, p.Product(fmt.Sprintf("product%d", i), u, middle, last))
			p.Wire("out", last, out)
			continue
		}
		next := NewFIFO(fmt.Sprintf("p%d", i), depth, made)
		require.NoError(t, p.Product(fmt.Sprintf("product%d", i), u, middle, next))
		at = next
		if want := layers[i+1].SIMD; want != l.PE {
			converted := NewDirect(fmt.Sprintf("c%d", i), int64(dim*dim*ch/want))
			if want > l.PE {
				p.Widen("widen", want/l.PE, next, converted)
			} else {
				p.Narrow("narrow", l.PE/want, next, converted)
			}
			at = converted
		}
	}
	return p, in, out
}

func TestPipelinesAgainstRTL(t *testing.T) {
	for _, r := range table(t, "finn_pipeline_rtl_verilator.csv") {
		p, in, out := pipelineOf(t, r, 1)
		free, err := p.Run(in, out, 4)
		require.NoError(t, err)
		name := r["case"] + " depth " + r["fifo_depth"]
		assert.EqualValues(t, r.int(t, "rtl_first_out"), free.FirstOut, name)
		assert.EqualValues(t, r.int(t, "rtl_latency_frame1"), free.LastOut[0], name)
		for f, column := range []string{"rtl_II_2", "rtl_II_3", "rtl_II_4"} {
			assert.EqualValues(t, r.int(t, column), free.LastOut[f+1]-free.LastOut[f], "%s %s", name, column)
		}
		p, in, out = pipelineOf(t, r, 3)
		slow, err := p.Run(in, out, 4)
		require.NoError(t, err)
		assert.EqualValues(t, r.int(t, "rtl_II_out_1of3"), slow.LastOut[1]-slow.LastOut[0], "%s stalled sink", name)
	}
}
