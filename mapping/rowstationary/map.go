// Package rowstationary maps convolutions and products onto a spatial array in the
// way of Eyeriss: rows of filters stay in the PEs, rows of the image slide past
// them, rows of sums are added up along the columns.
//
//	DRAM ──▶ buffer: N images × Q·R channels, sums of M filters × E rows
//	           │ filters     ▲▼ sums        │ rows of the image
//	         ┌─▼─────────────┴──────────────▼─┐   R·T sets of PEs, each
//	         │  set  set  set  set            │   (filter rows) × E
//	         └────────────────────────────────┘   P filters × Q channels a PE
//
// Sources: [eyeriss-2017], table III and section III; [eyeriss-2016].
//
// Not modelled: windows higher than the array or wider than a PE's registers,
// which are refused; parameters that do not divide what they cut.
package rowstationary

import (
	"fmt"

	"nnsim/unit"
	"nnsim/workloads"
)

// Array is what a mapper must know about a row-stationary machine: PEs
// with register files for rows of filters, activations and sums, and a buffer
// that is given out bank by bank.
type Array struct {
	Name                              string
	Rows, Cols                        int // of PEs
	FilterWords, InputWords, SumWords int // register files of a PE
	Banks, BankBytes                  int // for activations and sums together
	FilterBytes                       int // beside the banks, for the filters of the pass to come
	FilterBus, InputBus, SumBus       int // words an edge between the buffer and the array
	Pipeline                          int // edges from operands to a sum
	WordBytes                         int
	BytesPerEdge                      float64 // to or from off-chip memory; 0: without limit
	EnergyRF, EnergyNoC, EnergyGLB    float64 // of a word moved, in units of a multiplication
}

// Mapping is how one layer is laid on a spatial array, in the letters of
// Eyeriss' table III. A PE keeps a row of filters and slides a row of the image
// past it; R PEs on top of each other add up a window, e columns of them make e
// rows of the result: a PE set.
type Mapping struct {
	Space workloads.Matrix
	M     int // filters whose sums lie in the buffer
	N     int // images processed together
	E     int // rows of the result a set makes: its width
	P     int // filters interleaved in a PE
	Q     int // channels interleaved in a PE
	R     int // sets that work on other channels and add up
	T     int // sets that work on other filters
	PEs   int // at work

	offChip  float64     // words, those of whole planes at a discount
	prefetch bool        // activations of the next pass find room beside those of this one
	edges    unit.Cycles // of all passes
	onChip   float64     // energy of the words that move on chip
}

// Filters and Channels are what one pass works on.
func (m *Mapping) Filters() int  { return m.P * m.T }
func (m *Mapping) Channels() int { return m.Q * m.R }

// Strips, Images, Blocks, Depth and Turns count the loops around a pass: strips of
// the result, groups of images, blocks of filters, groups of channels, groups of
// filters in a block.
func (m *Mapping) Strips() int { return unit.CeilDiv(m.Space.OH, m.E) }
func (m *Mapping) Images() int { return unit.CeilDiv(m.Space.Images, m.N) }
func (m *Mapping) Blocks() int { return unit.CeilDiv(m.Space.K, m.M) }
func (m *Mapping) Depth() int  { return unit.CeilDiv(m.Space.C, m.Channels()) }
func (m *Mapping) Turns() int  { return unit.CeilDiv(m.M, m.Filters()) }

// String is the mapping in one line, in the paper's letters.
func (m *Mapping) String() string {
	return fmt.Sprintf("m=%d n=%d e=%d p=%d q=%d r=%d t=%d PEs=%d", m.M, m.N, m.E, m.P, m.Q, m.R, m.T, m.PEs)
}

// InputRows is the rows of the padded image that so many rows of the result read.
func (m *Mapping) InputRows(rows int) int {
	return (rows-1)*m.Space.StrideH + (m.Space.R-1)*m.Space.DilH + 1
}

// PaddedWidth is the length of a row of the image with its padding.
func (m *Mapping) PaddedWidth() int {
	return max(m.Space.W, (m.Space.OW-1)*m.Space.StrideW+(m.Space.S-1)*m.Space.DilW+1)
}

// Sets is the number of PE sets of width e that find room: a set wider than the
// array is folded into segments on top of each other.
func (a *Array) Sets(window, e int) int {
	if e <= a.Cols {
		return a.Rows / window * (a.Cols / e)
	}
	return a.Rows / window / unit.CeilDiv(e, a.Cols)
}

// banks is the number of buffer banks that so many words fill.
func (a *Array) banks(words int) int { return unit.CeilDiv(words*a.WordBytes, a.BankBytes) }

// InputBanks is what the activations of one pass fill, SumBanks what all sums do.
func (a *Array) InputBanks(m *Mapping) int {
	return a.banks(m.N * m.Channels() * m.InputRows(m.E) * m.PaddedWidth())
}

// SumBanks is the banks that the sums of m filters, n images and e rows fill.
func (a *Array) SumBanks(m *Mapping) int {
	return a.banks(m.M * m.N * m.E * m.Space.OW)
}

// fullColumns is the share of the array's columns that a set should keep at work.
// The chip's own mappings keep 13 or 14 of 14 columns, or 27 of 28 where a set is
// folded; narrower ones would move fewer words off chip for large images
// [eyeriss-2017, tables III, V and VI].
const fullColumns = 0.9

// fills tells whether sets of a width keep the columns at work when they stand on top
// of each other. Where the array is not high enough for two, they stand side by side,
// as for the chip's first layer of AlexNet.
func (a *Array) fills(window, e int) bool {
	used, of := e, unit.CeilDiv(e, a.Cols)*a.Cols
	if a.Rows/window < 2 && e <= a.Cols {
		used = a.Cols / e * e
	}
	return float64(used) >= fullColumns*float64(of)
}

// Map finds, among mappings that fill the array's columns, the one that moves the
// fewest words off chip; among those one that leaves room to load the next pass's
// activations meanwhile, then the fastest, then the one that spends the least energy
// on moving words on chip. Every parameter but E divides what it cuts, as all of the
// paper's do.
func (a *Array) Map(space workloads.Matrix) (*Mapping, error) {
	if err := a.refuse(&space); err != nil {
		return nil, err
	}
	best := a.widths(space, func(e int) bool { return a.fills(space.R, e) })
	if best == nil {
		best = a.widths(space, func(int) bool { return true })
	}
	if best == nil {
		return nil, fmt.Errorf("%s: one row of sums and one of activations do not fit %d banks of %d B (buffer.banks)", a.Name, a.Banks, a.BankBytes)
	}
	return best, nil
}

// wholePlane is what a word off chip counts where a pass makes whole planes of the
// result: their filters come once, which no coding makes smaller, at the cost of more
// activations, which it does. The chip takes 28 rows at once where 14 would move 12 %
// fewer words uncoded [eyeriss-2017, table VI].
const wholePlane = 7.0 / 8

// weighed is the words off chip that Map compares.
func (m *Mapping) weighed() float64 {
	words := float64(m.Words().DRAM)
	if m.Strips() == 1 {
		return words * wholePlane
	}
	return words
}

// widths finds the best mapping whose sets have an allowed width.
func (a *Array) widths(space workloads.Matrix, allowed func(e int) bool) (best *Mapping) {
	known := factors{}
	images, filters := known.of(space.Images), known.of(space.K)
	for e := space.OH; e >= 1; e-- {
		sets := a.Sets(space.R, e)
		if sets == 0 || !allowed(e) {
			continue // sets of no room: wider than the array can fold
		}
		for _, n := range images {
			for _, m := range filters {
				c := Mapping{Space: space, M: m, N: n, E: e, P: 1, Q: 1, R: 1, T: 1}
				if a.SumBanks(&c)+a.InputBanks(&c) > a.Banks {
					break // more filters only take more room
				}
				if c.offChip = c.weighed(); best == nil || c.offChip <= best.offChip {
					best = a.pass(c, sets, known, best)
				}
			}
		}
	}
	return best
}

// prefetches tells whether the buffer holds activations of two images, or of all of
// a pass if those are more: the next pass's come while this one's are at work.
func (a *Array) prefetches(m *Mapping) bool {
	image := m.Channels() * m.InputRows(m.E) * m.PaddedWidth() * a.WordBytes
	return max(2, m.N)*image <= (a.Banks-a.SumBanks(m))*a.BankBytes
}

// refuse names windows that no PE set can hold.
func (a *Array) refuse(s *workloads.Matrix) error {
	span := (s.S-1)*s.DilW + 1
	switch {
	case s.R > a.Rows:
		return fmt.Errorf("%s: a window of %d rows needs as many rows of PEs, the array has %d (array.rows)", a.Name, s.R, a.Rows)
	case span > a.InputWords || s.S > a.FilterWords:
		return fmt.Errorf("%s: a window %d wide needs %d words of activations and %d of filters in a PE, there are %d and %d (pe.input, pe.filter)",
			a.Name, s.S, span, s.S, a.InputWords, a.FilterWords)
	}
	return nil
}

// pass tries every way to fill the PEs for given m, n and e.
func (a *Array) pass(c Mapping, sets int, known factors, best *Mapping) *Mapping {
	s := &c.Space
	span := (s.S-1)*s.DilW + 1
	for _, q := range known.of(s.C) {
		if q*span > a.InputWords || q*s.S > a.FilterWords {
			break
		}
		for _, r := range known.of(s.C / q) {
			c.Q, c.R = q, r
			if r > sets || a.SumBanks(&c)+a.InputBanks(&c) > a.Banks {
				break
			}
			for _, p := range known.of(c.M) {
				if p > a.SumWords || p*q*s.S > a.FilterWords {
					break
				}
				for _, t := range known.of(c.M / p) {
					c.P, c.T = p, t
					if r*t > sets || c.Filters()*c.Channels()*s.R*s.S*a.WordBytes > a.FilterBytes {
						break
					}
					c.PEs = s.R * c.E * r * t
					c.prefetch, c.edges, c.onChip = a.prefetches(&c), a.Edges(&c), a.energy(&c)
					if best == nil || better(&c, best) {
						kept := c
						best = &kept
					}
				}
			}
		}
	}
	return best
}

// better is the order of Map.
func better(a, b *Mapping) bool {
	switch {
	case a.offChip != b.offChip:
		return a.offChip < b.offChip
	case a.prefetch != b.prefetch:
		return a.prefetch
	case a.edges != b.edges:
		return a.edges < b.edges
	case a.onChip != b.onChip:
		return a.onChip < b.onChip
	}
	return a.PEs > b.PEs
}

// energy adds what the words that move on chip cost at each level.
func (a *Array) energy(m *Mapping) float64 {
	w := m.Words()
	return a.EnergyGLB*float64(w.Buffer()) + a.EnergyNoC*float64(w.Network) + a.EnergyRF*float64(w.RF)
}

// Words counts the words of one layer that cross each level.
type Words struct {
	DRAM            int64
	Inputs, Filters int64 // from the buffer to the array
	SumsIn, SumsOut int64
	Network         int64 // from one PE to its neighbour
	RF              int64
}

// Buffer is all traffic between the buffer and the array.
func (w Words) Buffer() int64 { return w.Inputs + w.Filters + w.SumsIn + w.SumsOut }

// Words reckons the traffic of a layer from its loops.
func (m *Mapping) Words() Words {
	s := &m.Space
	outer := int64(s.Batch) * int64(s.Groups)
	rows := int64(s.OH/m.E) * int64(m.InputRows(m.E))
	if rest := s.OH % m.E; rest > 0 {
		rows += int64(m.InputRows(rest))
	}
	image := outer * int64(s.Images) * int64(s.C) * rows * int64(m.PaddedWidth()) // all strips once
	result := outer * int64(s.M()) * int64(s.K)
	filters := outer * int64(s.K) * int64(s.Red()) * int64(m.Strips()) * int64(m.Images())
	depth := int64(m.Depth())
	return Words{DRAM: image*int64(m.Blocks()) + filters + result,
		Inputs: image * int64(m.Blocks()) * int64(m.Turns()), Filters: filters,
		SumsIn: result * (depth - 1), SumsOut: result * depth,
		Network: result * depth * int64(s.R*m.R-1), RF: 4 * s.MACs()}
}

// factors are lists of divisors that have been made.
type factors map[int][]int

// of lists the divisors of n, ascending.
func (f factors) of(n int) []int {
	list, ok := f[n]
	if !ok {
		list = divisors(n)
		f[n] = list
	}
	return list
}

// divisors lists them, ascending.
func divisors(n int) (list []int) {
	var above []int
	for d := 1; d*d <= n; d++ {
		if n%d == 0 {
			list = append(list, d)
			if d*d < n {
				above = append(above, n/d)
			}
		}
	}
	for i := len(above) - 1; i >= 0; i-- {
		list = append(list, above[i])
	}
	return list
}
