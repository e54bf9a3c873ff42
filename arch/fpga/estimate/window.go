package estimate

import (
	"nnsim/arch/fpga/stream"
	"nnsim/unit"
)

// RAM is the kind of memory a buffer is made of.
type RAM string

// Block RAM (also FINN's automatic choice), look-up tables, UltraRAM.
const (
	Block       RAM = "block"
	Distributed RAM = "distributed"
	Ultra       RAM = "ultra"
)

// WindowResources is FINN's figure for the register-transfer window generator.
func WindowResources(w stream.Window, bits int, ram RAM) Resources {
	width, r := int64(w.SIMD*bits), Resources{LUT: 300}
	depth, count := int64(w.Buffer()), int64(1)
	if ram == Distributed {
		r.LUT += width * unit.CeilDiv(depth, 38)
		return r
	}
	if w.Parallel || w.KH == 1 && w.KW == 1 {
		if w.H == 1 || w.W == 1 {
			return r
		}
		depth, count = int64(w.W-((w.KW-1)*w.DilW+1)+w.W*(w.DilH-1)), int64(w.KH-1)
	}
	if ram == Ultra {
		r.URAM = unit.CeilDiv(depth, 4096) * unit.CeilDiv(width, 72) * count
		return r
	}
	r.BRAM18 = lineRAM(depth, width) * count
	return r
}

// lineRAM is how many block RAMs a line buffer takes; beyond 16,384 tokens blocks are
// cascaded, and the last may be of a wider shape.
func lineRAM(depth, width int64) int64 {
	wide := unit.CeilDiv(width, lineShape(depth))
	blocks := unit.CeilDiv(depth, 16384) * wide
	if depth > 16384 {
		blocks -= wide - unit.CeilDiv(width, lineShape(depth%16384))
	}
	return blocks
}

// lineShape is the widest shape of a block that holds so many tokens.
func lineShape(depth int64) int64 {
	for _, s := range []struct{ depth, width int64 }{{512, 36}, {1024, 18}, {2048, 9}, {4096, 4}, {8192, 2}} {
		if depth <= s.depth {
			return s.width
		}
	}
	return 1
}

// HLSWindowResources is FINN's figure for the window generator made from C: lines of
// the image, more of them by the stride to load ahead; of an image of one line, that line.
func HLSWindowResources(w stream.Window, bits int, style string) Resources {
	r := Resources{LUT: 300}
	if style == "ConvolutionInputGenerator_1D_parallel" {
		return r
	}
	lines, depth := int64(1), int64(w.W*w.H*w.Fold())
	if style == "ConvolutionInputGenerator" {
		lines, depth = int64(w.KH+w.StrideH), int64(w.W*w.Fold())
	}
	r.BRAM18 = lines * unit.CeilDiv(int64(w.SIMD*bits), lineShape(depth)) * unit.CeilDiv(depth, 18432)
	return r
}

// FIFOResources is FINN's figure for a FIFO of look-up tables.
func FIFOResources(depth, width int64) Resources {
	if depth < 2 {
		return Resources{}
	}
	bits := int64(0)
	for int64(1)<<bits < depth {
		bits++
	}
	return Resources{LUT: 2*bits + unit.CeilDiv(depth, 32)*unit.CeilDiv(width, 2)}
}
