package estimate

import (
	"math"

	"nnsim/arch/fpga/stream"
	"nnsim/unit"
)

// Resources is what a unit takes of a part.
type Resources struct{ LUT, FF, DSP, BRAM18, URAM int64 }

// Plus is the sum.
func (r Resources) Plus(o Resources) Resources {
	return Resources{r.LUT + o.LUT, r.FF + o.FF, r.DSP + o.DSP, r.BRAM18 + o.BRAM18, r.URAM + o.URAM}
}

// ProductCycles is FINN's figure for a matrix–vector unit: a cycle for each SIMD × PE products.
func ProductCycles(u stream.Product, vectors int64) int64 {
	return int64(u.SF()) * int64(u.NF()) * vectors
}

// WindowCycles is FINN's figure for the register-transfer sliding window generator.
func WindowCycles(w stream.Window) int64 {
	fold := int64(w.Fold())
	if w.Parallel || w.KH == 1 && w.KW == 1 {
		return w.In() + 2
	}
	if w.H == 1 || w.W == 1 {
		return lineCycles(w)
	}
	buffer := int64((w.KH-1)*w.DilH*w.W+(w.KW-1)*w.DilW+1) * fold
	row := max(int64(w.OutW()*w.KW*w.KH)*fold, int64(w.StrideW*w.W)*fold)
	if w.Depthwise {
		row += int64(w.OutW()*(w.StrideW-1)) * (fold - 1)
	}
	cycles := buffer + int64(w.OutH())*row
	if w.Depthwise {
		cycles += int64((w.StrideH-1)*w.W) * fold
	}
	return cycles
}

// lineCycles is the figure for images of one row (or column, which FINN turns).
func lineCycles(w stream.Window) int64 {
	fold, out, k, stride := int64(w.Fold()), int64(w.OutW()), int64(w.KW), int64(w.StrideW)
	if w.W == 1 {
		out, k, stride = int64(w.OutH()), int64(w.KH), int64(w.StrideH)
	}
	cycles := out*k*fold + 2
	if w.Depthwise {
		cycles += fold*(k-1)*(stride-1) - (k - 1)
	}
	return cycles
}

// HLSWindowCycles is FINN's figure for the window generators that are made from C:
// of square windows, and of lines, whose form is named by style.
func HLSWindowCycles(w stream.Window, style string) int64 {
	fold, k := int64(w.Fold()), int64(w.KW)
	out := int64(w.OutW())
	if w.W == 1 {
		out, k = int64(w.OutH()), int64(w.KH)
	}
	switch style {
	case "ConvolutionInputGenerator_1D_parallel":
		return k + out
	case "ConvolutionInputGenerator_1D":
		return 1 + out*k*fold
	case "ConvolutionInputGenerator_1D_dws":
		return 1 + out*k*fold + fold*(k-1) - (k - 1)
	case "ConvolutionInputGenerator_1D_dws_naive":
		return int64(max(w.W, w.H))*fold + out*k*fold
	}
	read := int64(w.W*w.KH*w.DilH) * fold
	return read + int64(w.OutH())*max(int64(w.OutW()*w.KW*w.KH)*fold, int64(w.StrideW*w.W)*fold)
}

// PadCycles is FINN's figure for a padding unit: a cycle for each token written.
func PadCycles(outH, outW, channels, simd int64) int64 { return outH * outW * (channels / simd) }

// DepthwiseCycles is FINN's figure for a vector–vector unit.
func DepthwiseCycles(channels, kh, kw, pe, simd, outH, outW int64) int64 {
	return channels * kh * kw / pe / simd * outH * outW
}

// PoolCycles is FINN's figure for a pool behind a sliding window.
func PoolCycles(channels, k, pe, outputs int64) int64 { return channels * k * k / pe * outputs }

// ElementCycles is FINN's figure for whatever goes token by token: thresholds,
// additions, copies, channelwise operations.
func ElementCycles(channels, pe, vectors int64) int64 { return channels / pe * vectors }

// AccumulateCycles is FINN's figure for a sum over all pixels.
func AccumulateCycles(channels, pe, pixels int64) int64 {
	return channels/pe*pixels + channels/pe
}

// Weights says where a unit keeps its weights.
type Weights string

// In memory of its own, in the arithmetic's own arrays, or streamed in.
const (
	Decoupled Weights = "internal_decoupled"
	Embedded  Weights = "internal_embedded"
	External  Weights = "external"
)

// MVAU is a matrix–vector unit as FINN's estimators see it.
type MVAU struct {
	stream.Product
	WeightBits, ActBits int
	Signed              bool // activations are
	AccBits             int  // of the accumulator; 0: 32
	ActOut              int  // bits of the result of thresholds; 0: none
	Weights             Weights
	DSP                 bool // multiply in DSP slices, else in look-up tables
	RTL                 bool
	Core                stream.Core
	Ultra               bool // weights in UltraRAM
	Distributed         bool // weights in look-up tables
}

// depth and width are those of the weight memory.
func (u *MVAU) depth() int64 { return int64(u.SF()) * int64(u.NF()) }
func (u *MVAU) width() int64 { return int64(u.SIMD) * int64(u.PE) * int64(u.WeightBits) }

// inTables tells whether weights are kept in look-up tables.
func (u *MVAU) inTables() bool {
	return u.Weights == Decoupled && u.Distributed || u.Weights == Embedded && u.depth() <= 128
}

// Estimate is FINN's figure.
func (u *MVAU) Estimate() Resources {
	r := Resources{BRAM18: u.bram(), URAM: u.uram()}
	switch {
	case u.RTL && u.Core == stream.DSP58:
		r.DSP = int64(u.PE) * unit.CeilDiv(int64(u.SIMD), 3)
	case u.RTL:
		r.DSP = unit.CeilDiv(int64(u.PE), 4) * int64(u.SIMD)
	case u.DSP:
		r.DSP = int64(u.PE) * int64(u.SIMD) * unit.CeilDiv(int64(u.WeightBits+u.ActBits), 48)
	}
	if !u.RTL {
		r.LUT = u.lut()
	}
	return r
}

// lut is the fit of FINN-R: 300 + 1.1 · PE · (multipliers + adder tree + accumulator +
// thresholds and their comparators) + weights.
func (u *MVAU) lut() int64 {
	w, a, q := u.WeightBits, u.ActBits, u.SIMD
	mult := int64(q) * (2*unit.CeilDiv(int64(w+a), 6) - 1) * int64(w+a)
	if u.DSP {
		mult = 0
	}
	tree := int64(w+a) * int64(2*q-1)
	acc := int64(u.accumulator())
	compare := int64(0)
	if u.ActOut > 0 {
		steps := int64(1)<<u.ActOut - 1
		compare = steps*acc*unit.CeilDiv(int64(u.NF()), 64) + steps*acc
	}
	memory := int64(0)
	if u.inTables() {
		memory = int64(u.PE) * int64(q) * int64(w) * unit.CeilDiv(u.depth(), 64)
	}
	return int64(300 + 1.1*float64(int64(u.PE)*(mult+tree+acc+compare)) + float64(memory))
}

// accumulator is the bits that no sum exceeds.
func (u *MVAU) accumulator() int {
	a := math.Log2(float64(u.Width)) + float64(u.WeightBits+u.ActBits-1)
	if u.Signed {
		a--
	}
	bits := int(math.Ceil(a + math.Log2(1+math.Exp2(-a)) + 1))
	if u.AccBits > 0 {
		return min(u.AccBits, bits)
	}
	return min(32, bits)
}

func (u *MVAU) bram() int64 {
	if u.Weights == External || u.inTables() || u.Weights == Decoupled && u.Ultra {
		return 0
	}
	return WeightRAM(u.depth(), u.width())
}

func (u *MVAU) uram() int64 {
	if u.Weights == External || u.inTables() || u.Weights == Decoupled && !u.Ultra {
		return 0
	}
	return unit.CeilDiv(u.width(), 72) * unit.CeilDiv(u.depth(), 4096)
}

// WeightRAM is how many block RAMs of 18 Kbit FINN counts for a memory: the shapes
// of a simple dual-port block, the narrow ones for narrow memories.
func WeightRAM(depth, width int64) int64 {
	for _, shape := range []struct{ upTo, depth, width int64 }{{1, 16384, 1}, {2, 8192, 2}, {4, 4096, 4}, {9, 2048, 9}, {18, 1024, 18}} {
		if width <= shape.upTo {
			return unit.CeilDiv(depth, shape.depth) * unit.CeilDiv(width, shape.width)
		}
	}
	if depth > 512 {
		return unit.CeilDiv(depth, 1024) * unit.CeilDiv(width, 18)
	}
	return unit.CeilDiv(depth, 512) * unit.CeilDiv(width, 36)
}
