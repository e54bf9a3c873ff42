package reference

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"
	"gonum.org/v1/gonum/blas/blas64"
)

// number is what tiles hold while they are multiplied.
type number interface{ float32 | float64 }

// element is what arrays hold.
type element interface {
	int8 | int32 | int64 | float32 | float64
}

// tile is a piece of an operand with ld elements from one row to the next, or
// stored transposed.
type tile[T number] struct {
	data []T
	ld   int
	flip bool
}

// loader gives the tile of product p that begins at (row, col). It may fill buf,
// which has room for it, or point into the operand.
type loader[T number] func(buf []T, p, row, rows, col, cols int) tile[T]

// products is a set of matrix products of one size: C[p] = A[p]·B[p].
type products struct {
	count, m, n, k int
	a, b           operand
}

// Tiles are small enough for operand tiles to stay in a core's cache and large
// enough for the cost of loading them to vanish beside the products.
const (
	tileRows  = 128
	tileCols  = 256
	tileDepth = 1024
	// leastSlab is the depth below which adding up slabs costs more than their products.
	leastSlab = 64
)

// tiles calls f for each tile of the results, on all cores.
func (q products) tiles(f func(p, row, rows, col, cols int)) {
	rows, cols := min(q.m, tileRows), min(q.n, tileCols)
	if q.count*q.m*q.n == 0 {
		return
	}
	down, across := ceilDiv(q.m, rows), ceilDiv(q.n, cols)
	tasks(q.count*down*across, func(i int) {
		p, i := i/(down*across), i%(down*across)
		row, col := i/across*rows, i%across*cols
		f(p, row, min(rows, q.m-row), col, min(cols, q.n-col))
	})
}

// real sums in T and hands each row of a tile to store.
func real[T number](q products, store func(p, row, col int, sums []T)) {
	a, b := load[T](q.a), load[T](q.b)
	depth := max(1, min(tileDepth, q.k))
	q.tiles(func(p, row, rows, col, cols int) {
		x, y, sums := make([]T, rows*depth), make([]T, depth*cols), make([]T, rows*cols)
		for k := 0; k < q.k; k += depth {
			deep := min(depth, q.k-k)
			gemm(rows, cols, deep, a(x, p, row, rows, k, deep), b(y, p, k, deep, col, cols), 1, sums)
		}
		for r := range rows {
			store(p, row+r, col, sums[r*cols:][:cols])
		}
	})
}

// exact sums integers without rounding: in float32 where slabs of some depth fit
// into its 24 bits (all 8-bit formats), in float64 where they fit into 53, else
// one by one. Sums wrap at 64 bits.
func (q products) exact(store func(p, row, col int, sums []int64)) {
	x, y := reach(q.a.array), reach(q.b.array)
	if slab := slabOf(x, y, 24); slab >= leastSlab {
		slabs[float32](q, slab, store)
	} else if slab := slabOf(x, y, 53); slab >= leastSlab {
		slabs[float64](q, slab, store)
	} else {
		q.oneByOne(store)
	}
}

// slabs sums each slab of the reduction in T, whose sums of that depth are exact
// integers, and the slabs in int64.
func slabs[T number](q products, slab int, store func(p, row, col int, sums []int64)) {
	a, b := load[T](q.a), load[T](q.b)
	depth := max(1, min(slab, q.k))
	q.tiles(func(p, row, rows, col, cols int) {
		x, y, part := make([]T, rows*depth), make([]T, depth*cols), make([]T, rows*cols)
		sums := make([]int64, rows*cols)
		for k := 0; k < q.k; k += depth {
			deep := min(depth, q.k-k)
			gemm(rows, cols, deep, a(x, p, row, rows, k, deep), b(y, p, k, deep, col, cols), 0, part)
			for i, v := range part {
				sums[i] += int64(v)
			}
		}
		for r := range rows {
			store(p, row+r, col, sums[r*cols:][:cols])
		}
	})
}

// oneByOne is for integers too wide for any float.
func (q products) oneByOne(store func(p, row, col int, sums []int64)) {
	q.tiles(func(p, row, rows, col, cols int) {
		for r := row; r < row+rows; r++ {
			sums := make([]int64, cols)
			for i := range sums {
				for k := range q.k {
					sums[i] += q.a.at(p, r, k) * q.b.at(p, k, col+i)
				}
			}
			store(p, r, col, sums)
		}
	})
}

// gemm is C = A·B + beta·C by BLAS.
func gemm[T number](m, n, k int, a, b tile[T], beta T, c []T) {
	switch c := any(c).(type) {
	case []float32:
		x, tx := general32(any(a).(tile[float32]), m, k)
		y, ty := general32(any(b).(tile[float32]), k, n)
		blas32.Gemm(tx, ty, 1, x, y, float32(beta), blas32.General{Rows: m, Cols: n, Stride: n, Data: c})
	case []float64:
		x, tx := general64(any(a).(tile[float64]), m, k)
		y, ty := general64(any(b).(tile[float64]), k, n)
		blas64.Gemm(tx, ty, 1, x, y, float64(beta), blas64.General{Rows: m, Cols: n, Stride: n, Data: c})
	}
}

func general32(t tile[float32], rows, cols int) (blas32.General, blas.Transpose) {
	if t.flip {
		return blas32.General{Rows: cols, Cols: rows, Stride: t.ld, Data: t.data}, blas.Trans
	}
	return blas32.General{Rows: rows, Cols: cols, Stride: t.ld, Data: t.data}, blas.NoTrans
}

func general64(t tile[float64], rows, cols int) (blas64.General, blas.Transpose) {
	if t.flip {
		return blas64.General{Rows: cols, Cols: rows, Stride: t.ld, Data: t.data}, blas.Trans
	}
	return blas64.General{Rows: rows, Cols: cols, Stride: t.ld, Data: t.data}, blas.NoTrans
}
