package reference

import (
	"runtime"
	"sync"
	"sync/atomic"

	"nnsim/workloads"
)

// parallel cuts 0..n into pieces of at least grain and gives them to all cores.
func parallel(n, grain int, f func(lo, hi int)) {
	workers := runtime.GOMAXPROCS(0)
	if n <= grain || workers == 1 {
		f(0, n)
		return
	}
	piece := max(grain, (n+4*workers-1)/(4*workers))
	tasks((n+piece-1)/piece, func(i int) { f(i*piece, min(n, (i+1)*piece)) })
}

// tasks runs f(0) … f(n-1) on all cores, in any order.
func tasks(n int, f func(i int)) {
	workers := min(n, runtime.GOMAXPROCS(0))
	if workers <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	group.Wait()
}

// view is how an operand is read while the elements of a shape are visited: from
// which element, and how far apart neighbours along each axis lie.
type view struct {
	base   int
	stride []int
}

// whole is the view of a shape in its own order.
func whole(s workloads.Shape) view { return view{0, s.Strides()} }

// stretched is the view of s broadcast to a shape it fits: aligned at the last
// axis, standing still where it has extent 1.
func stretched(s, to workloads.Shape) view {
	v, own, shift := view{0, make([]int, len(to))}, s.Strides(), len(to)-len(s)
	for i, d := range s {
		if d != 1 {
			v.stride[shift+i] = own[i]
		}
	}
	return v
}

// along is the view of a list with one value for each index of an axis.
func along(axis, rank int) view {
	v := view{0, make([]int, rank)}
	v.stride[axis] = 1
	return v
}

// walk visits a shape in row-major order, in runs along its last axis (after
// merging axes that all views step through evenly). f is told the run's first
// element in the shape and its length, and for each view where it starts and by
// how much it steps. Runs are spread over the cores.
func walk(shape workloads.Shape, views []view, f func(first, n int, at, step []int)) {
	if shape.Elements() == 0 {
		return
	}
	dims, views := merge(shape, views)
	last := len(dims) - 1
	n, rows := dims[last], int(workloads.Shape(dims[:last]).Elements())
	step := make([]int, len(views))
	for v := range views {
		step[v] = views[v].stride[last]
	}
	if rows == 1 {
		parallel(n, 1<<14, func(lo, hi int) {
			at := make([]int, len(views))
			for v := range views {
				at[v] = views[v].base + lo*step[v]
			}
			f(lo, hi-lo, at, step)
		})
		return
	}
	parallel(rows, max(1, 1<<14/n), func(lo, hi int) {
		at := make([]int, len(views))
		for row := lo; row < hi; row++ {
			locate(at, views, dims[:last], row)
			f(row*n, n, at, step)
		}
	})
}

// locate is where each view stands at the flat index of an element of dims.
func locate(at []int, views []view, dims []int, flat int) {
	for v := range views {
		at[v] = views[v].base
	}
	for axis := len(dims) - 1; axis >= 0; axis-- {
		i := flat % dims[axis]
		flat /= dims[axis]
		for v := range views {
			at[v] += i * views[v].stride[axis]
		}
	}
}

// merge drops axes of extent 1 and joins neighbours that every view steps through
// as if they were one; at least one axis is left.
func merge(shape workloads.Shape, views []view) ([]int, []view) {
	dims, out := []int{}, make([]view, len(views))
	for v := range views {
		out[v].base = views[v].base
	}
	for axis, d := range shape {
		if d == 1 {
			continue
		}
		last, joins := len(dims)-1, len(dims) > 0
		for v := range views {
			joins = joins && out[v].stride[last] == views[v].stride[axis]*d
		}
		if joins {
			dims[last] *= d
		} else {
			dims, last = append(dims, d), last+1
		}
		for v := range views {
			if joins {
				out[v].stride[last] = views[v].stride[axis]
			} else {
				out[v].stride = append(out[v].stride, views[v].stride[axis])
			}
		}
	}
	if len(dims) == 0 {
		dims = []int{1}
		for v := range out {
			out[v].stride = []int{0}
		}
	}
	return dims, out
}

// place copies the elements of src seen through from to those of dst seen through
// to, over a shape. Both arrays have one type.
func place(shape workloads.Shape, dst *workloads.Array, to view, src *workloads.Array, from view) {
	walk(shape, []view{to, from}, func(_, n int, at, step []int) {
		switch {
		case src.F != nil:
			run(dst.F, src.F, n, at, step)
		case src.D != nil:
			run(dst.D, src.D, n, at, step)
		case src.I8 != nil:
			run(dst.I8, src.I8, n, at, step)
		case src.I32 != nil:
			run(dst.I32, src.I32, n, at, step)
		default:
			run(dst.I, src.I, n, at, step)
		}
	})
}

// run copies n elements, each side at its own step.
func run[T any](dst, src []T, n int, at, step []int) {
	d, s := at[0], at[1]
	if step[0] == 1 && step[1] == 1 {
		copy(dst[d:d+n], src[s:s+n])
		return
	}
	for range n {
		dst[d] = src[s]
		d, s = d+step[0], s+step[1]
	}
}

// lanes visits the lines of a shape along an axis: each starts at an element and
// steps by a fixed distance. Lines are spread over the cores.
func lanes(s workloads.Shape, axis int, f func(lane, first, step int)) {
	inner := int(s[axis+1:].Elements())
	outer := int(s[:axis].Elements())
	parallel(outer*inner, max(1, 1<<13/max(1, s[axis])), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			f(i, i/inner*s[axis]*inner+i%inner, inner)
		}
	})
}
