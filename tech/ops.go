package tech

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"nnsim/unit"
)

// operation is a kind of arithmetic whose energy depends on node and width.
type operation uint8

const (
	intAdd operation = iota // width: bits of the operands
	intMul
	floatAdd // width: bits of the significand, the hidden one included
	floatMul
)

// point is a published figure.
type point struct {
	op     operation
	node   int
	width  float64
	pJ     float64
	source string
}

// published lists the figures seen in print. Rows of the same tables that were
// only remembered (int8 add and int32 multiply at 7 nm) are left out.
var published = []point{
	{intAdd, 45, 8, 0.03, "horowitz-2014"}, {intAdd, 45, 16, 0.05, "horowitz-2014"}, {intAdd, 45, 32, 0.1, "horowitz-2014"},
	{intAdd, 28, 16, 0.032, "dally-2020"},
	{intAdd, 7, 32, 0.03, "jouppi-2021"},

	{intMul, 45, 8, 0.2, "horowitz-2014"}, {intMul, 45, 32, 3.1, "horowitz-2014"},
	{intMul, 7, 8, 0.07, "jouppi-2021"},

	{floatAdd, 45, 11, 0.4, "horowitz-2014"}, {floatAdd, 45, 24, 0.9, "horowitz-2014"},
	{floatAdd, 7, 8, 0.11, "norrie-2021"}, {floatAdd, 7, 11, 0.16, "norrie-2021"}, {floatAdd, 7, 24, 0.38, "jouppi-2021"},

	{floatMul, 45, 11, 1.1, "horowitz-2014"}, {floatMul, 45, 24, 3.7, "horowitz-2014"},
	{floatMul, 7, 8, 0.21, "jouppi-2021"}, {floatMul, 7, 11, 0.31, "norrie-2021"}, {floatMul, 7, 24, 1.31, "jouppi-2021"},
}

// anchor is the node whose figures say how energy grows with width.
const anchor = 45

// cost is the price of one operation.
func (op operation) cost(node int, width float64) Price {
	nodes := op.nodes()
	i, exact := slices.BinarySearch(nodes, node)
	switch {
	case exact:
		return op.atNode(node, width)
	case i > 0 && i < len(nodes):
		low, high := op.atNode(nodes[i-1], width), op.atNode(nodes[i], width)
		pJ := between(float64(node), float64(nodes[i-1]), float64(low.Energy), float64(nodes[i]), float64(high.Energy))
		return Price{unit.Joules(pJ), scaled(join(low.Source, high.Source))}
	case i == 0:
		i = 1
	}
	near := op.atNode(nodes[i-1], width)
	p := near.Times(shrink(node, nodes[i-1]))
	p.Source = scaled(join(near.Source, scaling(node, nodes[i-1])))
	return p
}

// nodes lists the nodes with figures for the operation, ascending.
func (op operation) nodes() (list []int) {
	for _, p := range published {
		if p.op == op && !slices.Contains(list, p.node) {
			list = append(list, p.node)
		}
	}
	slices.Sort(list)
	return list
}

// points lists the figures at a node, by ascending width.
func (op operation) points(node int) (list []point) {
	for _, p := range published {
		if p.op == op && p.node == node {
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b point) int { return int(a.width - b.width) })
	return list
}

// atNode is the price at a node that has figures: the figure itself, between two
// figures, or the nearest figure scaled as the anchor's figures grow with width.
func (op operation) atNode(node int, width float64) Price {
	points := op.points(node)
	for i, p := range points {
		if p.width == width {
			return Price{unit.Joules(p.pJ * picojoule), p.source}
		}
		if p.width > width && i > 0 {
			q := points[i-1]
			pJ := between(width, q.width, q.pJ, p.width, p.pJ)
			return Price{unit.Joules(pJ * picojoule), scaled(join(q.source, p.source))}
		}
	}
	near := points[0]
	if width > points[len(points)-1].width {
		near = points[len(points)-1]
	}
	pJ := near.pJ * op.growth(width) / op.growth(near.width)
	return Price{unit.Joules(pJ * picojoule), scaled(join(near.source, "horowitz-2014"))}
}

// growth is the energy at the anchor for a width, from its nearest two figures.
func (op operation) growth(width float64) float64 {
	points := op.points(anchor)
	i := 1
	for i < len(points)-1 && points[i].width < width {
		i++
	}
	a, b := points[i-1], points[i]
	return between(width, a.width, a.pJ, b.width, b.pJ)
}

// format is what matters of a data type: kind of number, width of the multiplier
// and bits stored.
type format struct {
	float bool
	width float64
	bits  int
}

var floats = map[string]format{
	"fp32": {true, 24, 32}, "tf32": {true, 11, 32}, "fp16": {true, 11, 16}, "bf16": {true, 8, 16},
	"e4m3": {true, 4, 8}, "e5m2": {true, 3, 8},
}

// parseFormat knows the data types by their names in workload strings.
func parseFormat(name string) (format, error) {
	if f, ok := floats[name]; ok {
		return f, nil
	}
	if name == "bipolar" {
		return format{false, 1, 1}, nil
	}
	if digits, ok := strings.CutPrefix(name, "int"); ok {
		if n, err := strconv.Atoi(digits); err == nil && n >= 1 && n <= 64 {
			return format{false, float64(n), n}, nil
		}
	}
	return format{}, fmt.Errorf("tech: there is no price for data type %q; use fp32, tf32, fp16, bf16, e4m3, e5m2, int1 to int64 or bipolar", name)
}

// MAC is the energy of one multiplication of two numbers of a type and its
// addition to the accumulator: int32 for integers, fp32 for floats.
func MAC(node int, dtype string) (Price, error) { return MixedMAC(node, dtype, dtype) }

// MixedMAC is MAC for a weight and an activation of different types.
func MixedMAC(node int, weight, act string) (Price, error) {
	p, err := MixedMultiply(node, weight, act)
	switch {
	case err != nil:
		return Price{}, err
	case isFloat(weight):
		return p.Plus(floatAdd.cost(node, floats["fp32"].width)), nil
	}
	return p.Plus(intAdd.cost(node, 32)), nil
}

func isFloat(dtype string) bool { return floats[dtype].float }

// MixedMultiply is Multiply for two types. A multiplier of a by b bits is priced as a
// square one of √(a·b) bits: its array has a·b cells.
func MixedMultiply(node int, weight, act string) (Price, error) {
	w, err := parseFormat(weight)
	if err != nil {
		return Price{}, err
	}
	a, err := parseFormat(act)
	if err == nil {
		err = checkNode(node)
	}
	if err == nil && w.float != a.float {
		err = fmt.Errorf("tech: there is no price for a product of %s and %s; use two floats or two integers", weight, act)
	}
	if err != nil {
		return Price{}, err
	}
	width := w.width
	if w.width != a.width {
		width = math.Sqrt(w.width * a.width)
	}
	if w.float {
		return floatMul.cost(node, width), nil
	}
	return intMul.cost(node, width), nil
}

// Add is the energy of one addition of two numbers of a type, comparisons included.
func Add(node int, dtype string) (Price, error) { return arithmetic(node, dtype, intAdd, floatAdd) }

// Multiply is the energy of one multiplication of two numbers of a type.
func Multiply(node int, dtype string) (Price, error) {
	return arithmetic(node, dtype, intMul, floatMul)
}

func arithmetic(node int, dtype string, ints, reals operation) (Price, error) {
	f, err := parseFormat(dtype)
	if err == nil {
		err = checkNode(node)
	}
	switch {
	case err != nil:
		return Price{}, err
	case f.float:
		return reals.cost(node, f.width), nil
	}
	return ints.cost(node, f.width), nil
}

// VectorOp is the energy of one simple operation in a lane of a vector unit: the
// mean of an addition and a multiplication, as a scaling with offset takes one of
// each, and three accesses to the lane's registers (two operands, one result).
func VectorOp(node int, dtype string) (Price, error) {
	add, err := Add(node, dtype)
	if err != nil {
		return Price{}, err
	}
	mul, err := Multiply(node, dtype)
	if err != nil {
		return Price{}, err
	}
	f, err := parseFormat(dtype)
	if err != nil {
		return Price{}, err
	}
	register, err := Register(node, 3*f.bits)
	return add.Plus(mul).Times(0.5).Plus(register), err
}
