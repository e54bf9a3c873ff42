package catalog

import (
	"nnsim/unit"
	"nnsim/workloads"
)

// Shorthands for tables of keys.
func need(names ...string) (keys []key) {
	for _, n := range names {
		keys = append(keys, key{name: n, kind: count, needed: true})
	}
	return keys
}

func with(keys []key, more ...key) []key { return append(keys, more...) }

func opt(name, def string) key { return key{name: name, kind: count, def: def} }

var (
	windowKeys = with([]key{opt("n", "1")}, need("c", "h", "w")...)
	sweepKeys  = []key{opt("stride", "1"), {name: "pad", kind: whole, def: "0"}, opt("dil", "1")}
	rowKeys    = need("rows", "cols")
)

// build makes the graph of one operator: its inputs and parameters are the ones
// of the layer it stands for, and its only node carries its name.
type build func(b *workloads.Builder, v values) *workloads.Tensor

// operators lists the inline workloads.
func operators() []source {
	conv := append(with(windowKeys[:4:4], need("k", "r", "s")...), append(sweepKeys[:3:3], opt("groups", "1"))...)
	pool := append(with(windowKeys[:4:4], need("r", "s")...), sweepKeys...)
	list := []source{
		operator("gemm", "C[m,n] = A[m,k]·B[k,n]; batch= for products side by side", with(need("m", "n", "k"), opt("batch", "1")), gemm),
		operator("conv", "convolution of n images; r is the height, s the width of the window", conv, convolution),
		operator("attention", "softmax(Q·Kᵀ/√dim)·V; under causal the queries are the last of kv", []key{opt("batch", "1"), {name: "heads", kind: count, needed: true},
			{name: "kvheads", kind: count}, {name: "seq", kind: count, needed: true}, {name: "kv", kind: count},
			{name: "dim", kind: count, needed: true}, {name: "causal", kind: yesNo, def: "false"}}, attention),
		operator("maxpool", "maximum over windows", pool, pooling((*workloads.Builder).MaxPool)),
		operator("resize", "images of scale times the height and width; mode: nearest, linear or cubic", with(windowKeys[:4:4], key{name: "scale", kind: factor, needed: true},
			key{name: "mode", kind: oneOf(resizeModes...), def: "nearest"}), resize),
		operator("avgpool", "mean over windows, padding not counted", pool, pooling((*workloads.Builder).AvgPool)),
	}
	for _, r := range rowOperators {
		list = append(list, operator(r.name, r.about, rowKeys[:2:2], r.build))
	}
	return append(append(list, idle, stream), probes...)
}

// rowOperators work on a matrix of rows × cols.
var rowOperators = []struct {
	name, about string
	build       build
}{
	{"softmax", "softmax over each row", rows(func(b *workloads.Builder, x *workloads.Tensor) *workloads.Tensor { return b.Softmax("softmax", x, -1) })},
	{"layernorm", "layer normalisation of each row", rows(func(b *workloads.Builder, x *workloads.Tensor) *workloads.Tensor {
		return b.LayerNorm("layernorm", x, 1e-5)
	})},
	{"rmsnorm", "root-mean-square normalisation of each row", rows(func(b *workloads.Builder, x *workloads.Tensor) *workloads.Tensor {
		return b.RMSNorm("rmsnorm", x, 1e-6)
	})},
	{"argmax", "index of the greatest of each row", rows(func(b *workloads.Builder, x *workloads.Tensor) *workloads.Tensor {
		return b.Apply("argmax", "ArgMax", workloads.Attrs{"axis": int64(1)}, x)
	})},
	{"gelu", "x·Φ(x)", rows(func(b *workloads.Builder, x *workloads.Tensor) *workloads.Tensor { return b.Gelu("gelu", x, false) })},
	{"relu", "max(x, 0)", rows(func(b *workloads.Builder, x *workloads.Tensor) *workloads.Tensor { return b.Relu("relu", x) })},
	{"add", "sum of two matrices", pair((*workloads.Builder).Add, "add")},
	{"mul", "product of two matrices, element by element", pair((*workloads.Builder).Mul, "mul")},
}

func operatorNames() []string {
	var names []string
	for _, s := range operators() {
		names = append(names, s.name)
	}
	return names
}

func operator(name, about string, keys []key, make build) source {
	return source{name: name, operator: true, about: about, keys: append(keys, common...), open: func(w *Workload, v values) error {
		b := workloads.NewBuilder(name, w.Seed)
		out := make(b, v)
		g, err := b.Build(out)
		w.Graph = g
		return err
	}}
}

func gemm(b *workloads.Builder, v values) *workloads.Tensor {
	batch, m, n, k := v.int("batch"), v.int("m"), v.int("n"), v.int("k")
	if batch == 1 {
		return b.Apply("gemm", "Gemm", workloads.Attrs{}, b.Input("a", m, k), b.Weight("b", k, 1, k, n))
	}
	return b.Apply("gemm", "MatMul", workloads.Attrs{}, b.Input("a", batch, m, k), b.Weight("b", k, 1, batch, k, n))
}

func window(v values) workloads.Window {
	return workloads.Window{R: v.int("r"), S: v.int("s"), Stride: v.int("stride"), Pad: v.int("pad"), Dil: v.int("dil"), Groups: v.int("groups"), Gain: 1}
}

func images(b *workloads.Builder, v values) *workloads.Tensor {
	return b.Input("x", v.int("n"), v.int("c"), v.int("h"), v.int("w"))
}

func convolution(b *workloads.Builder, v values) *workloads.Tensor {
	return b.Conv("conv", images(b, v), v.int("k"), window(v))
}

func pooling(pool func(*workloads.Builder, string, *workloads.Tensor, workloads.Window) *workloads.Tensor) build {
	return func(b *workloads.Builder, v values) *workloads.Tensor {
		return pool(b, "pool", images(b, v), window(v))
	}
}

var resizeModes = []string{"nearest", "linear", "cubic"}

func resize(b *workloads.Builder, v values) *workloads.Tensor {
	return b.Resize("resize", images(b, v), v.number["scale"], resizeModes[int(v.number["mode"])])
}

func attention(b *workloads.Builder, v values) *workloads.Tensor {
	heads, kvHeads, seq, kv := v.int("heads"), v.int("kvheads"), v.int("seq"), v.int("kv")
	if kvHeads == 0 {
		kvHeads = heads
	}
	if kv == 0 {
		kv = seq
	}
	lookBack := v.number["causal"] != 0
	switch {
	case heads%kvHeads != 0:
		b.Fail("heads=%d is no multiple of kvheads=%d", heads, kvHeads)
	case lookBack && kv < seq:
		b.Fail("causal=true with seq=%d queries needs at least as many keys, not kv=%d", seq, kv)
	}
	q := b.Input("q", v.int("batch"), heads, seq, v.int("dim"))
	k, val := b.Input("k", v.int("batch"), kvHeads, kv, v.int("dim")), b.Input("v", v.int("batch"), kvHeads, kv, v.int("dim"))
	return b.Attention("attention", q, k, val, nil, nil, lookBack)
}

func rows(apply func(*workloads.Builder, *workloads.Tensor) *workloads.Tensor) build {
	return func(b *workloads.Builder, v values) *workloads.Tensor {
		return apply(b, b.Input("x", v.int("rows"), v.int("cols")))
	}
}

func pair(apply func(*workloads.Builder, string, *workloads.Tensor, *workloads.Tensor) *workloads.Tensor, name string) build {
	return func(b *workloads.Builder, v values) *workloads.Tensor {
		return apply(b, name, b.Input("a", v.int("rows"), v.int("cols")), b.Input("b", v.int("rows"), v.int("cols")))
	}
}

var idle = source{name: "idle", operator: true, about: "powered, doing nothing", keys: []key{{name: "seconds", kind: duration, needed: true}},
	open: func(w *Workload, v values) error {
		w.Idle = &Idle{unit.Seconds(v.number["seconds"])}
		return nil
	}}
