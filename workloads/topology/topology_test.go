package topology

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/workloads"
)

const convHeader = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"

func space(t *testing.T, g *workloads.Graph, i int) workloads.Matrix {
	m, ok := workloads.MatrixOf(g.Nodes[i])
	require.True(t, ok)
	return m
}

func TestConvolutionForm(t *testing.T) {
	g, err := Parse([]byte(convHeader+"Conv1,227, 227,11,11,3,96,4,\nodd,\t8,7,3,2,5,6,2\nDPwise, 10, 10, 3, 3, 16, 1, 1,\r\n,,,\n\n"), "nets/alex.csv", Options{Batch: 2})
	require.NoError(t, err)
	assert.Equal(t, "alex", g.Name)
	require.Len(t, g.Nodes, 3)
	assert.Len(t, g.Outputs, 3)
	assert.Len(t, g.Inputs, 3)

	m := space(t, g, 0)
	assert.Equal(t, []int{2 * 55 * 55, 11 * 11 * 3, 96}, []int{m.M(), m.Red(), m.N()})
	m = space(t, g, 1) // ⌈(8-3+2)/2⌉ = 4, ⌈(7-2+2)/2⌉ = 4
	assert.Equal(t, []int{4, 4}, []int{m.OH, m.OW})
	m = space(t, g, 2)
	assert.Equal(t, []int{16, 1, 1, 9}, []int{m.Groups, m.K, m.C, m.Red()}, "depth-wise is one group a channel")
	assert.EqualValues(t, 2*16*9*64, m.MACs())
}

func TestGEMMForm(t *testing.T) {
	for _, text := range []string{"Layer, M, N, K,\nfc6,1,4096,9216,\n", "\xef\xbb\xbf# from the authors\nfc6,1,4096,9216", "Layer,M,N,K,Sparsity,\nfc6,1,4096,9216,1:1,\n"} {
		g, err := Parse([]byte(text), "mlp.csv", Options{})
		require.NoError(t, err)
		m := space(t, g, 0)
		assert.Equal(t, []int{1, 4096, 9216}, []int{m.M(), m.N(), m.Red()})
	}
	g, err := Parse([]byte("a,5,6,7\na,5,6,7\n"), "x.csv", Options{Batch: 3})
	require.NoError(t, err)
	require.Len(t, g.Nodes, 2, "rows of one name are told apart")
	assert.EqualValues(t, 2*3*5*6*7, workloads.GraphMACs(g))
}

// The output extent follows the tool's formula on all small sizes.
func TestOutputExtent(t *testing.T) {
	for in := 1; in <= 9; in++ {
		for window := 1; window <= in; window++ {
			for stride := 1; stride <= 6; stride++ {
				g, err := Parse(fmt.Appendf(nil, "c,%d,%d,%d,%d,1,1,%d", in, in, window, window, stride), "c.csv", Options{})
				require.NoError(t, err)
				want := 0 // count windows as the tool's loop does
				for at := 0; at <= in-window+stride-1; at += stride {
					want++
				}
				assert.Equal(t, want, space(t, g, 0).OH, "in %d window %d stride %d", in, window, stride)
			}
		}
	}
}

func TestPick(t *testing.T) {
	text := []byte("one,1,2,3\ntwo,4,5,6\n")
	g, err := Parse(text, "x.csv", Options{Layer: "two"})
	require.NoError(t, err)
	require.Len(t, g.Nodes, 1)
	assert.Equal(t, "two", g.Nodes[0].Name)
	_, err = Parse(text, "x.csv", Options{Layer: "tow"})
	assert.EqualError(t, err, `topology: x.csv has no layer "tow" among 2; did you mean "two"?`)
	names, err := Layers(text, "x.csv")
	require.NoError(t, err)
	assert.Equal(t, []string{"one", "two"}, names)
}

func TestRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "has no layer",
		"\n,,,\n":                         "has no layer",
		convHeader:                        "has no layer",
		"a,b\n":                           "2 columns are neither a convolution",
		convHeader + "c,1,2,3\n":          "x.csv:2: 4 columns; a convolution row has 8",
		"g,1,2,3\nh,1,2\n":                "x.csv:2: 3 columns; a GEMM row has 4 (Layer, M, N, K)",
		"g,0,2,3\n":                       `layer g: column 2 (M) is "0"`,
		"g,1,-2,3\n":                      `layer g: column 3 (N) is "-2"`,
		"g,1,2,3.5\n":                     `layer g: column 4 (K) is "3.5"`,
		"g,1,2,99999999999999999999\n":    `column 4 (K) is "99999999999999999999"`,
		"g,1073741824,1073741824,2\n":     "more than 2^40 elements",
		",1,2,3\n":                        "every layer needs a name",
		"g,1,2,3,2:4\n":                   `column 5 (Sparsity) is "2:4"`,
		convHeader + "c,5,5,7,7,1,1,1,\n": "window of 7×7 is larger than its input of 5×5",
		"\x00\x01\x02":                    "not a text file",
		convHeader + "DPx,9,9,3,3,1073741824,1073741824,1,": "DPx.weight: shape [1152921504606846976×1×3×3] has more than 2^40",
	} {
		_, err := Parse([]byte(text), "x.csv", Options{})
		if assert.Error(t, err, "%q", text) {
			assert.Contains(t, err.Error(), want)
			assert.NotContains(t, err.Error(), "\n")
		}
	}
	_, err := Read(filepath.Join(t.TempDir(), "none.csv"), Options{})
	assert.ErrorContains(t, err, "none.csv")
}

// TestAgainstTheTool takes the tool's own five-layer AlexNet and compares M, K
// and N of every layer with what it reported.
func TestAgainstTheTool(t *testing.T) {
	f, err := os.Open("../../../shared/references/systolic/topo_layers.csv")
	if err != nil {
		t.Skip("the shared reference tables are not here: ", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	require.NoError(t, err)
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	g, err := Parse([]byte(convHeader+"Conv1,227,227,11,11,3,96,4,\nConv2,27,27,5,5,96,256,1,\nConv3,13,13,3,3,256,384,1,\nConv4,13,13,3,3,384,384,1,\nConv5,13,13,3,3,384,256,1,\n"), "alexnet.csv", Options{})
	require.NoError(t, err)
	compared := 0
	for _, row := range rows[1:] {
		if !strings.HasPrefix(row[at["tag"]], "alexnet:") {
			continue
		}
		for i, n := range g.Nodes {
			if n.Name != row[at["layer"]] {
				continue
			}
			m := space(t, g, i)
			assert.Equal(t, row[at["M"]], fmt.Sprint(m.M()), n.Name)
			assert.Equal(t, row[at["K"]], fmt.Sprint(m.Red()), n.Name)
			assert.Equal(t, row[at["N"]], fmt.Sprint(m.N()), n.Name)
			compared++
		}
	}
	require.Positive(t, compared)
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(convHeader+"Conv1,227,227,11,11,3,96,4,\nDP,7,7,3,3,4,1,2,\n"), "Conv1")
	f.Add([]byte("Layer,M,N,K,\nfc,1,2,3,\n"), "")
	f.Fuzz(func(t *testing.T, data []byte, layer string) {
		g, err := Parse(data, "fuzz.csv", Options{Layer: layer, Batch: 1})
		if err != nil {
			assert.NotContains(t, err.Error(), "\n")
			return
		}
		assert.NoError(t, g.Validate())
		for _, n := range g.Nodes {
			assert.Positive(t, workloads.MACs(n))
		}
	})
}
