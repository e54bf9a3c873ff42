package stream

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func windowOf(t *testing.T, r row) Window {
	return Window{H: r.int(t, "ifm_h"), W: r.int(t, "ifm_w"), KH: r.int(t, "kh"), KW: r.int(t, "kw"), Channels: r.int(t, "ch"),
		StrideH: r.int(t, "stride_h"), StrideW: r.int(t, "stride_w"), DilH: r.int(t, "dil_h"), DilW: r.int(t, "dil_w"), SIMD: r.int(t, "SIMD"),
		Depthwise: r["depthwise"] == "1", Parallel: r["parallel_window"] == "1"}
}

func TestWindowAgainstRTL(t *testing.T) {
	for i, r := range table(t, "finn_swg_rtl_verilator.csv") {
		w := windowOf(t, r)
		assert.EqualValues(t, r.int(t, "n_in"), w.In(), "row %d: tokens in", i)
		assert.EqualValues(t, r.int(t, "n_out"), w.Out(), "row %d: tokens out", i)
		assert.EqualValues(t, r.int(t, "buffer_depth"), w.Buffer(), "row %d: buffer", i)
		add := func(p *Pipeline, in, out *Link) error { return p.Window("swg", w, in, out) }
		free := runOne(t, 4, 1, 1, w.In(), w.Out(), add)
		assert.EqualValues(t, r.int(t, "rtl_cycles"), free.LastOut[0], "row %d: cycles %v", i, w)
		assert.EqualValues(t, r.int(t, "rtl_first_out"), free.FirstOut, "row %d: first out", i)
		if last := r.int(t, "rtl_last_in"); last >= 0 {
			assert.EqualValues(t, last, free.LastIn[0], "row %d: last in %v", i, w)
		}
		assert.EqualValues(t, r.int(t, "rtl_II_frame2"), free.LastOut[1]-free.LastOut[0], "row %d: II 2 %v", i, w)
		assert.EqualValues(t, r.int(t, "rtl_II_frame3"), free.LastOut[2]-free.LastOut[1], "row %d: II 3 %v", i, w)
		slow := runOne(t, 4, 1, 3, w.In(), w.Out(), add)
		assert.EqualValues(t, r.int(t, "rtl_cycles_outready_1of3"), slow.LastOut[0], "row %d: stalled sink %v", i, w)
		assert.EqualValues(t, r.int(t, "rtl_II_outready_1of3"), slow.LastOut[1]-slow.LastOut[0], "row %d: stalled sink, II %v", i, w)
		thin := runOne(t, 4, 2, 1, w.In(), w.Out(), add)
		assert.EqualValues(t, r.int(t, "rtl_cycles_invalid_1of2"), thin.LastOut[0], "row %d: thin source %v", i, w)
	}
}

func TestProductAgainstRTL(t *testing.T) {
	cores := map[string]Core{"mvu_4sx4u_dsp48e2": DSP48, "mvu_8sx8u_dsp48": DSP48, "mvu_vvu_8sx9_dsp58": DSP58}
	for i, r := range table(t, "finn_mvu_rtl_verilator.csv") {
		u := Product{Width: r.int(t, "MW"), Height: r.int(t, "MH"), SIMD: r.int(t, "SIMD"), PE: r.int(t, "PE"), Latency: cores[r["core"]].Latency()}
		add := func(p *Pipeline, in, out *Link) error { return p.Product("mvu", u, in, out) }
		one := runOne(t, 1, 1, 1, int64(u.SF()), int64(u.NF()), add)
		assert.EqualValues(t, r.int(t, "rtl_cycles_1vec"), one.LastOut[0], "row %d %v", i, u)
		assert.EqualValues(t, r.int(t, "rtl_first_out"), one.FirstOut, "row %d %v", i, u)
		eight := runOne(t, 3, 1, 1, 8*int64(u.SF()), 8*int64(u.NF()), add)
		assert.EqualValues(t, r.int(t, "rtl_cycles_8vec"), eight.LastOut[0], "row %d %v", i, u)
		assert.EqualValues(t, r.int(t, "rtl_II_8vec"), eight.LastOut[1]-eight.LastOut[0], "row %d %v", i, u)
		slow := runOne(t, 3, 1, 4, 8*int64(u.SF()), 8*int64(u.NF()), add)
		assert.EqualValues(t, r.int(t, "rtl_II_8vec_outready_1of4"), slow.LastOut[1]-slow.LastOut[0], "row %d %v", i, u)
	}
}
