package fpga

import (
	"fmt"
	"math/bits"
	"strings"

	"nnsim/arch/fpga/estimate"
	"nnsim/arch/fpga/stream"
	"nnsim/unit"
)

// resources is what a layer's stages take.
func (l *layer) resources(m *Machine) (r estimate.Resources) {
	if l.function != nil {
		return l.function.need(l)
	}
	if l.windowed() {
		r = r.Plus(estimate.WindowResources(l.window(), l.aBits, l.lineMemory()))
	}
	switch l.kind {
	case dense, depthwise:
		r = r.Plus(l.multiply(m))
	case upsample: // a row of the image
		r = r.Plus(fifoResources(int64(l.space.W*l.inside/l.pe), int64(l.pe*l.aBits)))
	case softmax: // an exponential of each element, a quotient of each sum, and the vector between
		r = r.Plus(l.tables()).Plus(fifoResources(int64(l.inside/l.pe), int64(l.pe*tableBits)))
		r.DSP += int64(l.pe)
	case label: // what is compared, and its index
		r.LUT += int64(l.pe) * int64(l.aBits+1+bits.Len(uint(l.inside))) * adderLUTs
	case pool, global, element, join, concat:
		r.LUT += int64(l.pe) * int64(l.aBits+1) * adderLUTs
	}
	r.FF += r.LUT
	return r
}

// tableEntries and tableBits are those of a table of exponentials or of reciprocals [hls4ml].
const tableEntries, tableBits = 1024, 18

// tables are the exponentials, one for each element side by side and no longer than there are values,
// and the reciprocals of sums.
func (l *layer) tables() (r estimate.Resources) {
	r.BRAM18 = int64(l.pe)*estimate.WeightRAM(min(tableEntries, int64(1)<<l.aBits), tableBits) + estimate.WeightRAM(tableEntries, tableBits)
	r.LUT = int64(l.pe) * tableBits * adderLUTs
	return r
}

// adderLUTs is the look-up tables that add, compare or select one bit: one on the
// carry chain, one beside it.
const adderLUTs = 2

// lineMemory is what a line buffer is made of: block RAM, unless it is short.
func (l *layer) lineMemory() estimate.RAM {
	w := l.window()
	if w.Buffer() <= shortest {
		return estimate.Distributed
	}
	return estimate.Block
}

// shortest: memories of up to so many words are made of look-up tables [finn].
const shortest = 128

// multiply is what the arithmetic and the weights take. In DSP slices, 4 products of
// up to 4 bits share one DSP48, 2 of up to 8 bits, and 3 one DSP58 [finn-rtllib]; FINN's
// own estimate always counts 4.
func (l *layer) multiply(m *Machine) estimate.Resources {
	u := l.unit()
	u.DSP = l.inDSP(m)
	r := u.Estimate()
	if u.DSP {
		r.DSP = l.slices(m)
	}
	return r
}

// unit is the layer's unit as FINN's estimators see it. A vector–vector unit is one
// of its windows' width and a sum for every channel.
func (l *layer) unit() estimate.MVAU {
	u := estimate.MVAU{Product: l.product(), WeightBits: l.wBits, ActBits: l.aBits, Signed: true, Weights: estimate.Decoupled}
	if l.kind == depthwise {
		u.Height, u.PE = l.outside, l.pe
	}
	if l.aBits <= 4 && l.Out().Type.IsInt() {
		u.ActOut = l.aBits // beyond, thresholds cost more than a multiplier and a shift
	}
	u.Distributed = int64(u.SF())*int64(u.NF()) <= shortest
	return u
}

// inDSP tells whether products are formed in DSP slices.
func (l *layer) inDSP(m *Machine) bool {
	product := m.cfg.Fold.Product
	if l.style != "" {
		product = l.style
	}
	switch product {
	case "lut":
		return false
	case "dsp":
		return true
	}
	return l.eitherProduct(m)
}

// eitherProduct tells whether DSP slices can multiply what the layer does: their units are made
// for 4 bits on [finn-rtllib]. Look-up tables always can.
func (l *layer) eitherProduct(m *Machine) bool {
	return max(l.wBits, l.aBits) >= 4 && m.cfg.Part.DSP > 0
}

// slices is how many DSP slices the layer takes.
func (l *layer) slices(m *Machine) int64 {
	simd, pe := int64(l.simd), int64(l.pe)
	bits := max(l.wBits, l.aBits)
	switch {
	case bits > 8:
		return simd * pe
	case m.core() == stream.DSP58:
		return pe * unit.CeilDiv(simd, 3)
	case bits <= 4:
		return simd * unit.CeilDiv(pe, 4)
	}
	return simd * unit.CeilDiv(pe, 2)
}

func (m *Machine) core() stream.Core {
	if m.cfg.Part.Slice == "dsp58" {
		return stream.DSP58
	}
	return stream.DSP48
}

// budget is what a design may take.
func (m *Machine) budget() estimate.Resources {
	p, l := &m.cfg.Part, &m.cfg.Limits
	share := func(n int, f float64) int64 { return int64(float64(n) * f) }
	return estimate.Resources{LUT: share(p.LUT, l.LUT), FF: share(p.FF, l.FF), DSP: share(p.DSP, l.DSP), BRAM18: share(p.BRAM18, l.BRAM), URAM: share(p.URAM, l.BRAM)}
}

// uramBlocks: an UltraRAM holds as much as 16 block RAMs of 18 Kbit.
const uramBlocks = 16

// fits tells whether resources are within a budget, and with what else of the machine's is taken
// within the mean. Memory may be of either kind.
func (m *Machine) fits(r, b estimate.Resources) bool {
	return r.LUT <= b.LUT && r.FF <= b.FF && r.DSP <= b.DSP && r.BRAM18 <= b.BRAM18+uramBlocks*b.URAM &&
		m.mean(r.Plus(less(m.budget(), b))) <= m.cfg.Limits.Mean
}

// mean is the mean of the shares that block RAMs, UltraRAMs and DSP slices are used to, of the
// kinds that the part has. What is to be stored is spread over both memories alike.
func (m *Machine) mean(r estimate.Resources) float64 {
	p := &m.cfg.Part
	memory := float64(r.BRAM18) / float64(max(1, p.BRAM18+uramBlocks*p.URAM))
	sum, kinds := 0.0, 0
	for _, kind := range []struct {
		there int
		share float64
	}{{p.BRAM18, memory}, {p.URAM, memory}, {p.DSP, float64(r.DSP) / float64(max(1, p.DSP))}} {
		if kind.there > 0 {
			sum, kinds = sum+kind.share, kinds+1
		}
	}
	return sum / float64(max(1, kinds))
}

// refusal is the table of what a design needs and what there is, on a line.
func (m *Machine) refusal(what string, r estimate.Resources) error {
	b, p := m.budget(), &m.cfg.Part
	var short []string
	for _, row := range []struct {
		name           string
		need, may, are int64
	}{{"LUT", r.LUT, b.LUT, int64(p.LUT)}, {"FF", r.FF, b.FF, int64(p.FF)}, {"DSP", r.DSP, b.DSP, int64(p.DSP)},
		{"BRAM18 (an URAM holds 16)", r.BRAM18, b.BRAM18 + uramBlocks*b.URAM, int64(p.BRAM18) + uramBlocks*int64(p.URAM)}} {
		mark := ""
		if row.need > row.may {
			mark = " TOO MANY"
		}
		short = append(short, fmt.Sprintf("%s %d of %d usable (%d on the part)%s", row.name, row.need, row.may, row.are, mark))
	}
	if mean := m.mean(r); mean > m.cfg.Limits.Mean {
		short = append(short, fmt.Sprintf("memories and DSP in the mean %.0f %% of %.0f %% (limits.mean) TOO MANY", 100*mean, 100*m.cfg.Limits.Mean))
	}
	less := "a lower fold.rate or a smaller engine"
	if m.cfg.Design == "hls" {
		less = "a larger hls.reuse"
	}
	return shortage{fmt.Errorf("fpga: %s does not fit %s: it needs %s; choose a larger part, fewer bits (dtype=) or %s", what, m.cfg.Name, strings.Join(short, ", "), less)}
}

// shortage is the word that a part is too small.
type shortage struct{ error }
