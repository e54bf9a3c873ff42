package nvdla

import (
	"nnsim/arch/asic"
	"nnsim/unit"
)

// patch is 4 × 4 pixels, or a filter brought to that size.
type patch [tilePart]int64

// multiplyWinograd forms sums two by two rows and columns at a time [nvdla-hw]:
//
//	sums = Aᵀ ( (G filter Gᵀ) ∘ (Cᵀ pixels C) ) A
//
// G has halves in it; twice G is taken on both sides and the sums divided by four, which
// is exact.
func multiplyWinograd(o *asic.Operands, k0, k1 int) {
	t := o.Tile()
	for image := range t.Images() {
		for c := range t.Channels() {
			pixels := pixelPatches(o, image, c)
			for k := k0; k < k1; k++ {
				addPatches(o, o.Sums(k, image), filterPatch(o.Filter(k, c)), pixels)
			}
		}
	}
}

// pixelPatches are the transformed pixels of all tiles, row by row.
func pixelPatches(o *asic.Operands, image, channel int) (list []patch) {
	s, t, plane := o.Space(), o.Tile(), o.Plane(image, channel)
	for y := t.Y0; y < t.Y1; y += 2 {
		for x := 0; x < s.OW; x += 2 {
			var p patch
			for i := range p {
				p[i] = int64(plane.At(y-s.PadH+i/tileSide, x-s.PadW+i%tileSide))
			}
			for i := range tileSide { // columns
				a, b, c, d := p[i], p[4+i], p[8+i], p[12+i]
				p[i], p[4+i], p[8+i], p[12+i] = a-c, b+c, c-b, b-d
			}
			for i := 0; i < tilePart; i += tileSide { // rows
				a, b, c, d := p[i], p[i+1], p[i+2], p[i+3]
				p[i], p[i+1], p[i+2], p[i+3] = a-c, b+c, c-b, b-d
			}
			list = append(list, p)
		}
	}
	return list
}

// filterPatch is four times the transformed filter.
func filterPatch(f []int32) (p patch) {
	var rows [4][3]int64
	for i := range 3 {
		a, b, c := int64(f[i]), int64(f[3+i]), int64(f[6+i])
		rows[0][i], rows[1][i], rows[2][i], rows[3][i] = 2*a, a+b+c, a-b+c, 2*c
	}
	for i, r := range rows {
		p[4*i], p[4*i+1], p[4*i+2], p[4*i+3] = 2*r[0], r[0]+r[1]+r[2], r[0]-r[1]+r[2], 2*r[2]
	}
	return p
}

// addPatches multiplies tile by tile and adds what comes of it to the sums.
func addPatches(o *asic.Operands, sums []int32, filter patch, pixels []patch) {
	s, t := o.Space(), o.Tile()
	across := unit.CeilDiv(s.OW, 2)
	for i := range pixels {
		var m patch
		for j := range m {
			m[j] = filter[j] * pixels[i][j]
		}
		y, x := 2*(i/across), 2*(i%across)
		for col := range 4 { // down: four rows to two
			a, b, c, d := m[col], m[4+col], m[8+col], m[12+col]
			m[col], m[4+col] = a+b+c, b-c-d
		}
		for row := range min(2, t.Rows()-y) {
			a, b, c, d := m[4*row], m[4*row+1], m[4*row+2], m[4*row+3]
			at := (y+row)*s.OW + x
			sums[at] += int32((a + b + c) / 4)
			if x+1 < s.OW {
				sums[at+1] += int32((b - c - d) / 4)
			}
		}
	}
}
