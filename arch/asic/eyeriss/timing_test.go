package eyeriss

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/mapping/rowstationary"
	"nnsim/results"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// layer runs one convolution with stated zeros and returns its report.
func layer(t *testing.T, m arch.Machine, spec string, zeros float64, ideal bool) *results.Run {
	t.Helper()
	w, err := catalog.Open(spec, catalog.Defaults{Seed: 1})
	require.NoError(t, err)
	net, err := workloads.Prepare(w.Graph, m.Native(), m.Fuses)
	require.NoError(t, err)
	plan, err := m.Plan(net)
	require.NoError(t, err)
	run, err := m.Run(arch.Job{Net: net, Plan: plan, Zeros: &zeros, IdealMemory: ideal})
	require.NoError(t, err)
	require.NoError(t, arch.Laws(run, net, plan))
	return run
}

// TestDRAM: traffic off chip after coding, table V of the paper.
func TestDRAM(t *testing.T) {
	m, err := device()()
	require.NoError(t, err)
	for _, row := range []struct {
		spec      string
		zeros, mb float64
	}{
		{"conv:n=4,c=3,h=227,w=227,k=96,r=11,s=11,stride=4", 0.0001, 5.0},
		{"conv:n=4,c=96,h=27,w=27,k=256,r=5,s=5,pad=2,groups=2", 0.387, 4.0},
		{"conv:n=4,c=256,h=13,w=13,k=384,r=3,s=3,pad=1", 0.725, 3.0},
		{"conv:n=4,c=384,h=13,w=13,k=384,r=3,s=3,pad=1,groups=2", 0.793, 2.1},
		{"conv:n=4,c=384,h=13,w=13,k=256,r=3,s=3,pad=1,groups=2", 0.776, 1.3},
	} {
		run := layer(t, m, row.spec, row.zeros, false)
		assert.InEpsilon(t, row.mb, float64(run.DRAM.ReadBytes+run.DRAM.WriteBytes)/1e6, 0.10, row.spec)
	}
}

// TestPass: the edges of one pass of conv3, and that each bus and the PEs bind in turn.
func TestPass(t *testing.T) {
	m, err := device()()
	require.NoError(t, err)
	a := m.(*Machine).array()
	space := workloads.Matrix{Batch: 1, Groups: 1, Images: 4, C: 256, H: 13, W: 13, K: 384, R: 3, S: 3, OH: 13, OW: 13, StrideH: 1, StrideW: 1, DilH: 1, DilW: 1, PadH: 1, PadW: 1}
	p := rowstationary.Pass{Mapping: &rowstationary.Mapping{Space: space, M: 64, N: 4, E: 13, P: 16, Q: 4, R: 1, T: 4}, Array: a, Rows: 13}
	assert.EqualValues(t, 64*4*9/4, p.Fill(), "the filters take longer than the first windows")
	assert.Equal(t, 208, p.Window(), "832 sums on a bus of 4 bind before 192 multiplications")
	assert.EqualValues(t, 192+208+3+3, p.Tail())
	p.Q, p.R, p.T = 3, 2, 2
	assert.Equal(t, 144, p.Window(), "multiplications bind")
	p.P = 1
	assert.Equal(t, 90, p.Window(), "6 channels of 15 rows on a bus of 1 bind")
}

// TestCoding: coded sizes against a coder that writes the words out, and against
// the expectation for zeros at random.
func TestCoding(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, zeros := range []float64{0, 0.3, 0.7, 0.95, 1} {
		raw := make([]byte, 2*60000)
		for i := 0; i < len(raw); i += 2 {
			if rng.Float64() >= zeros {
				binary.LittleEndian.PutUint16(raw[i:], uint16(1+rng.IntN(65535)))
			}
		}
		code := encoded(raw)
		assert.Equal(t, raw, decoded(code, len(raw)))
		assert.Equal(t, min(int64(len(raw)), int64(len(code)*codeBytes)), runLength(raw), "zeros %g", zeros)
		assert.InDelta(t, share(zeros), float64(runLength(raw))/float64(len(raw)), 0.01, "zeros %g", zeros)
	}
}

// encoded writes pairs of run and level into words of 64 bits.
func encoded(raw []byte) (words []uint64) {
	var word uint64
	pairs, run := 0, 0
	put := func(level uint16) {
		word |= (uint64(run) | uint64(level)<<5) << (21 * pairs)
		if pairs, run = pairs+1, 0; pairs == pairsInWord {
			words, word, pairs = append(words, word), 0, 0
		}
	}
	for i := 0; i < len(raw); i += 2 {
		if v := binary.LittleEndian.Uint16(raw[i:]); v != 0 || run == longestRun {
			put(v)
		} else {
			run++
		}
	}
	if run > 0 {
		run--
		put(0)
	}
	if pairs > 0 {
		words = append(words, word)
	}
	return words
}

// decoded is its inverse, for so many bytes.
func decoded(words []uint64, n int) []byte {
	raw := make([]byte, 0, n)
	for _, w := range words {
		for range pairsInWord {
			for range w & 31 {
				raw = append(raw, 0, 0)
			}
			raw = binary.LittleEndian.AppendUint16(raw, uint16(w>>5))
			w >>= 21
		}
	}
	return append(raw, make([]byte, n)...)[:n]
}

// TestGating: zeros save energy and traffic and no cycle of the array.
func TestGating(t *testing.T) {
	m, err := device()()
	require.NoError(t, err)
	const spec = "conv:n=2,c=16,h=13,w=13,k=16,r=3,s=3,pad=1"
	dense, sparse := layer(t, m, spec, 0, true), layer(t, m, spec, 0.8, true)
	assert.Equal(t, dense.Cycles, sparse.Cycles)
	assert.InEpsilon(t, 0.2*float64(dense.Units["registers"].Events["filter_reads"]), float64(sparse.Units["registers"].Events["filter_reads"]), 0.01)
	assert.Less(t, float64(sparse.EnergyByUnit["array"]), 0.3*float64(dense.EnergyByUnit["array"]))
	assert.Less(t, sparse.EnergyByUnit["registers"], dense.EnergyByUnit["registers"]) // their clock runs on
	assert.Less(t, sparse.DRAM.ReadBytes, dense.DRAM.ReadBytes)
	assert.Zero(t, dense.Units["array"].Events["mac_skipped"])
	assert.InEpsilon(t, 0.8*float64(sparse.Workload.MACs+2*16*16*169*9), float64(sparse.Units["array"].Events["mac_skipped"]), 0.01)
}

// TestMeasured: with all values carried the zeros are the data's: as many
// multiplications are skipped as have a zero operand.
func TestMeasured(t *testing.T) {
	m, err := device()()
	require.NoError(t, err)
	w, err := archtest.Named("cnn")
	require.NoError(t, err)
	run, err := archtest.Checked(m, w, m.Native(), arch.Full)
	require.NoError(t, err)
	assert.Equal(t, "measured", run.Density)
	assert.Positive(t, run.Units["array"].Events["mac_skipped"])
}

// TestRefused: windows that no set of PEs holds are named with what would hold them.
func TestRefused(t *testing.T) {
	m, err := device()()
	require.NoError(t, err)
	for spec, want := range map[string]string{
		"conv:n=1,c=1,h=20,w=20,k=1,r=13,s=1": "as many rows of PEs, the array has 12 (array.rows)",
		"conv:n=1,c=1,h=20,w=20,k=1,r=1,s=13": "there are 12 and 224 (pe.input, pe.filter)",
	} {
		w, err := catalog.Open(spec, catalog.Defaults{})
		require.NoError(t, err)
		net, err := workloads.Prepare(w.Graph, m.Native(), m.Fuses)
		require.NoError(t, err)
		_, err = m.Plan(net)
		assert.ErrorContains(t, err, want)
	}
	assert.ErrorContains(t, m.Supports(workloads.Precision{Weight: workloads.Int8, Act: workloads.Int8}), "leave dtype= out")
}
