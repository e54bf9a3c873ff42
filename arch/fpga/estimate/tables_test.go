package estimate

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch/fpga/stream"
)

type row map[string]string

func (r row) int(t *testing.T, column string) int {
	t.Helper()
	n, err := strconv.Atoi(r[column])
	require.NoError(t, err, "column %s", column)
	return n
}

func table(t *testing.T, name string) (rows []row) {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "references", "fpga", name))
	if os.IsNotExist(err) {
		t.Skipf("the reference table %s is not beside this checkout (../shared/references)", name)
	}
	require.NoError(t, err)
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	for _, line := range lines[1:] {
		r := row{}
		for i, name := range lines[0] {
			r[name] = line[i]
		}
		rows = append(rows, r)
	}
	require.NotEmpty(t, rows)
	return rows
}

// bitsOf reads a type of FINN's: its width, and whether it is signed.
func bitsOf(name string) (bits int, signed bool) {
	switch {
	case name == "BIPOLAR":
		return 1, true
	case strings.HasPrefix(name, "UINT"):
		bits, _ = strconv.Atoi(name[4:])
		return bits, false
	}
	bits, _ = strconv.Atoi(strings.TrimPrefix(name, "INT"))
	return bits, true
}

func TestMVAUAgainstFINN(t *testing.T) {
	for i, r := range table(t, "finn_mvau_expected.csv") {
		u := MVAU{Product: stream.Product{Width: r.int(t, "MW"), Height: r.int(t, "MH"), SIMD: r.int(t, "SIMD"), PE: r.int(t, "PE")},
			Weights: Weights(r["mem_mode"]), DSP: r["resType"] == "dsp"}
		u.WeightBits, _ = bitsOf(r["wdt"])
		u.ActBits, u.Signed = bitsOf(r["idt"])
		vectors := int64(1)
		for _, part := range strings.Split(r["vectors"], "x") {
			n, err := strconv.Atoi(part)
			require.NoError(t, err)
			vectors *= int64(n)
		}
		assert.EqualValues(t, r.int(t, "exp_cycles"), ProductCycles(u.Product, vectors), "row %d", i)
		want := Resources{LUT: int64(r.int(t, "LUT")), DSP: int64(r.int(t, "DSP")), BRAM18: int64(r.int(t, "BRAM18")), URAM: int64(r.int(t, "URAM"))}
		assert.Equal(t, want, u.Estimate(), "row %d: %v", i, r)
	}
}

func TestRTLMVAUAgainstFINN(t *testing.T) {
	for i, r := range table(t, "finn_mvau_rtl_expected.csv") {
		u := MVAU{Product: stream.Product{Width: r.int(t, "MW"), Height: r.int(t, "MH"), SIMD: r.int(t, "SIMD"), PE: r.int(t, "PE")},
			Weights: Decoupled, RTL: true, WeightBits: 8, ActBits: 8}
		if strings.HasPrefix(r["part"], "xcvm") {
			u.Core = stream.DSP58
		}
		assert.EqualValues(t, r.int(t, "exp_cycles"), ProductCycles(u.Product, 1), "row %d", i)
		e := u.Estimate()
		assert.EqualValues(t, r.int(t, "DSP"), e.DSP, "row %d: %v", i, r)
		assert.EqualValues(t, r.int(t, "BRAM18"), e.BRAM18, "row %d: %v", i, r)
	}
}

func TestWindowAgainstFINN(t *testing.T) {
	for i, r := range table(t, "finn_swu_expected.csv") {
		w := stream.Window{H: r.int(t, "ifm_h"), W: r.int(t, "ifm_w"), KH: r.int(t, "kh"), KW: r.int(t, "kw"), Channels: r.int(t, "ch"),
			StrideH: r.int(t, "stride_h"), StrideW: r.int(t, "stride_w"), DilH: r.int(t, "dil_h"), DilW: r.int(t, "dil_w"), SIMD: r.int(t, "SIMD"),
			Depthwise: r["depthwise"] == "1", Parallel: r["parallel_window"] == "1"}
		bits, _ := bitsOf(r["idt"])
		cycles, res := WindowCycles(w), WindowResources(w, bits, Block)
		if r["op"] == "SWU_hls" {
			cycles, res = HLSWindowCycles(w, r["style"]), HLSWindowResources(w, bits, r["style"])
		} else if r["buffer_depth"] != "" {
			assert.EqualValues(t, r.int(t, "buffer_depth"), w.Buffer(), "row %d", i)
		}
		assert.EqualValues(t, r.int(t, "exp_cycles"), cycles, "row %d: cycles %v", i, r)
		assert.EqualValues(t, r.int(t, "BRAM18"), res.BRAM18, "row %d: BRAM %v", i, r)
		assert.EqualValues(t, r.int(t, "LUT"), res.LUT, "row %d: LUT %v", i, r)
	}
}

func TestOthersAgainstFINN(t *testing.T) {
	for i, r := range table(t, "finn_misc_expected.csv") {
		got := otherOf(t, r["test"], r["params"])
		assert.EqualValues(t, r.int(t, "exp_cycles"), got, "row %d: %v", i, r)
	}
}

func otherOf(t *testing.T, test, params string) int64 {
	params = strings.NewReplacer("[", "", "]", "", "(", "", ")", "", ", ", ",").Replace(params)
	n := func(key string) (list []int64) {
		for _, field := range strings.Fields(params) {
			if text, ok := strings.CutPrefix(field, key+"="); ok {
				for _, one := range strings.Split(text, ",") {
					v, err := strconv.ParseInt(one, 10, 64)
					require.NoError(t, err)
					list = append(list, v)
				}
			}
		}
		require.NotEmpty(t, list, "%s in %s", key, params)
		return list
	}
	product := func(list []int64) int64 {
		p := int64(1)
		for _, v := range list {
			p *= v
		}
		return p
	}
	switch strings.Split(test, "(")[0] {
	case "fmpadding":
		dim, pad := n("ImgDim"), n("Padding")
		return PadCycles(dim[0]+pad[0]+pad[2], dim[1]+pad[1]+pad[3], n("NumChannels")[0], n("SIMD")[0])
	case "vvau":
		out, k := n("OutDim"), n("Kernel")
		return DepthwiseCycles(n("Channels")[0], k[0], k[1], n("PE")[0], n("SIMD")[0], out[0], out[1])
	case "pool":
		return PoolCycles(n("Channels")[0], n("K")[0], n("PE")[0], n("out")[0]*n("out")[0])
	case "globalaccpool":
		return AccumulateCycles(n("NumChannels")[0], n("PE")[0], product(n("vec")))
	}
	return ElementCycles(n("NumChannels")[0], n("PE")[0], product(n("vec")))
}

func TestConvAgainstFpgaConvNet(t *testing.T) {
	for i, r := range table(t, "fpgaconvnet_conv_expected.csv") {
		c := Conv{Rows: int64(r.int(t, "rows")), Cols: int64(r.int(t, "cols")), Channels: int64(r.int(t, "channels")), Filters: int64(r.int(t, "filters")),
			Groups: int64(r.int(t, "groups")), In: int64(r.int(t, "coarse_in")), Out: int64(r.int(t, "coarse_out")), Fine: int64(r.int(t, "fine"))}
		_, err := fmt.Sscanf(r["kernel"]+" "+r["stride"], "%dx%d %dx%d", &c.KH, &c.KW, &c.StrideH, &c.StrideW)
		require.NoError(t, err)
		p := int64(r.int(t, "pad"))
		c.PadTop, c.PadBottom, c.PadLeft, c.PadR = p, p, p, p
		assert.EqualValues(t, r.int(t, "latency"), c.Latency(), "row %d: %v", i, r)
		assert.EqualValues(t, r.int(t, "rows_out"), c.OutRows(), "row %d", i)
	}
}
