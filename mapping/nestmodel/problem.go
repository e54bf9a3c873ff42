package nestmodel

import (
	"fmt"
	"strings"
)

// Dim is a dimension of a convolution, in Timeloop's letters.
type Dim uint8

// Images, input channels, filters, window rows and columns, result rows and columns.
const (
	N Dim = iota
	C
	M
	R
	S
	P
	Q
	Dims = 7
)

const letters = "NCMRSPQ"

func (d Dim) String() string { return letters[d : d+1] }

// dimOf is the dimension a letter stands for.
func dimOf(letter byte) (Dim, bool) {
	i := strings.IndexByte(letters, letter)
	return Dim(max(i, 0)), i >= 0
}

// Tensor is one of the three that a convolution works on.
type Tensor uint8

// The tensors of a convolution.
const (
	Weights Tensor = iota
	Inputs
	Outputs
	Tensors = 3
)

var tensorNames = [Tensors]string{"Weights", "Inputs", "Outputs"}

func (t Tensor) String() string { return tensorNames[t] }

func tensorOf(name string) (Tensor, bool) {
	for i, n := range tensorNames {
		if n == name {
			return Tensor(i), true
		}
	}
	return 0, false
}

// Problem is a convolution without padding.
type Problem struct {
	Bound            [Dims]int
	StrideH, StrideW int
	DilH, DilW       int
}

// MACs is the number of multiplications.
func (p *Problem) MACs() int64 {
	n := int64(1)
	for _, b := range p.Bound {
		n *= int64(b)
	}
	return n
}

// String is the problem in letters.
func (p *Problem) String() string {
	var b strings.Builder
	for d := range Dim(Dims) {
		fmt.Fprintf(&b, "%v%d ", d, p.Bound[d])
	}
	fmt.Fprintf(&b, "stride %d×%d", p.StrideH, p.StrideW)
	return b.String()
}

// term is one loop index in a coordinate of a tensor, times a coefficient.
type term struct {
	dim  Dim
	coef int
}

// axes is the number of coordinates of every tensor here.
const axes = 4

// projection says which indices make a tensor's coordinates; the second term of an
// axis has coefficient 0 where there is none.
type projection [axes][2]term

// projections of the three tensors: Weights[C, M, R, S], Inputs[N, C, P·stride + R·dilation,
// Q·stride + S·dilation], Outputs[N, M, P, Q].
func (p *Problem) projections() [Tensors]projection {
	return [Tensors]projection{
		Weights: {{{C, 1}}, {{M, 1}}, {{R, 1}}, {{S, 1}}},
		Inputs:  {{{N, 1}}, {{C, 1}}, {{P, p.StrideH}, {R, p.DilH}}, {{Q, p.StrideW}, {S, p.DilW}}},
		Outputs: {{{N, 1}}, {{M, 1}}, {{P, 1}}, {{Q, 1}}},
	}
}

// box is the size of a tile along each coordinate, for so many indices of each dimension.
func (pr *projection) box(extent *[Dims]int64) (sides [axes]int64) {
	for i, axis := range pr {
		sides[i] = 1
		for _, t := range axis {
			sides[i] += int64(t.coef) * (extent[t.dim] - 1)
		}
	}
	return sides
}

// volume is the number of words in a box.
func volume(sides *[axes]int64) int64 { return sides[0] * sides[1] * sides[2] * sides[3] }

// Size is the number of words of a whole tensor.
func (p *Problem) Size(t Tensor) int64 {
	var extent [Dims]int64
	for d, b := range p.Bound {
		extent[d] = int64(b)
	}
	pr := p.projections()[t]
	sides := pr.box(&extent)
	return volume(&sides)
}
