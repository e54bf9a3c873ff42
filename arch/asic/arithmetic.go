package asic

import "nnsim/workloads"

// Arithmetic forms the part of filters [k0, k1) of a convolution's command in a way of
// the machine's own.
type Arithmetic func(o *Operands, k0, k1 int)

// Operands are what a convolution's command reads, and the sums it adds to.
type Operands struct {
	m          *multiplication
	a, b, sums []int32
}

// Space is the iteration space of the layer.
func (o *Operands) Space() *workloads.Matrix { return &o.m.p.Space }

// Tile is what the command works on.
func (o *Operands) Tile() *Tile { return &o.m.t }

// Filter is the window [row][column] of one filter and channel of the tile.
func (o *Operands) Filter(k, channel int) []int32 {
	window := o.m.p.Space.R * o.m.p.Space.S
	return o.b[(k*o.m.t.Channels()+channel)*window:][:window]
}

// Sums are those [row][column] of one filter and image of the tile.
func (o *Operands) Sums(k, image int) []int32 {
	t := &o.m.t
	first, last := o.m.p.Columns(t)
	each := t.Rows() * (last - first)
	return o.sums[(k*t.Images()+image)*each:][:each]
}

// Plane is one channel of an image as a command finds it in the buffer.
type Plane struct {
	values          []int32
	top, left, h, w int // of what lies there
}

// Plane is that of one image and channel of the tile.
func (o *Operands) Plane(image, channel int) Plane {
	m := o.m
	top, bottom := m.p.InputRows(m.held.Y0, m.held.Y1)
	left, right := m.p.inputColumns(&m.t)
	p := Plane{top: top, left: left, h: bottom - top, w: right - left}
	p.values = o.a[(image*m.t.Channels()+channel)*p.h*p.w:][:p.h*p.w]
	return p
}

// At is the pixel in a row and column of the image; zero outside it.
func (p *Plane) At(y, x int) int32 {
	y, x = y-p.top, x-p.left
	if y < 0 || y >= p.h || x < 0 || x >= p.w {
		return 0
	}
	return p.values[y*p.w+x]
}
