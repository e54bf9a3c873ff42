package systolic

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mutant is a fault planted in the source, and the run that must expose it.
type mutant struct {
	name     string
	file     string // from this folder
	old, new string // old stands once in the file
	workload string // of archtest, or a workload string
	sets     string // on tiny-4x4, separated by spaces; _ stands for a space in a value
	says     string // what the error must match
}

// Conditions under which a fault shows. Faults of waiting need the waiter to be
// faster than what it should wait for.
const (
	cramped   = "buffer.size=2_KiB accumulators.rows=32"                                                        // many tiles, little kept
	flooded   = "buffer.size=2_KiB accumulators.rows=64 memory.bandwidth=100_GB/s memory.latency=0_s"           // loads outrun the array
	dripping  = "buffer.size=2_KiB accumulators.rows=32 vector.lanes=1 array.cols=16 memory.bandwidth=100_GB/s" // the array outruns the vector unit
	backed    = "accumulators.rows=32 vector.lanes=64 dma.outstanding=1 memory.bandwidth=20_MB/s"               // the vector unit outruns the stores
	wrong     = "check failed: layer|accumulator bank"
	unmatched = "law broken: all work is done"
)

var mutants = []mutant{
	// Walking the nest.
	{"skipped tile", "nestwalk.go", "for i := range inner {", "for i := range max(1, inner-1) {", "gemm-wide", cramped, unmatched},
	{"skipped last chunk of the reduction", "nestwalk.go", "ch < chans; chunk, ch", "ch+k.n.Chans < chans; chunk, ch", "gemm:m=30,n=20,k=190", cramped, unmatched},
	{"off-by-one fold in the events", "nestwalk.go", "k.count(k.s.books.array, evMAC, macs)", "k.count(k.s.books.array, evMAC, macs-int64(rows))", "gemm", "", unmatched},
	{"off-by-one fold in the time", "timing.go", "s.end += unit.Edge(folds-1) * unit.Edge(each)", "s.end += 0", "gemm:m=200,n=4,k=64", "memory=ideal array.overlap=none", "law broken: "},
	{"last results of a tile not multiplied", "multiply.go", "return t.add(p, half, t.rows)", "return t.add(p, half, t.rows-1)", "gemm", "", wrong},
	// Addresses.
	{"wrong address of a tile of A", "transfer.go", "copyBox(st.offChip, pl.OffChip, view, r, cell, st.buffer, slot) }}\n}\n\n// loadB", "copyBox(st.offChip, pl.OffChip+int64(cell), view, r, cell, st.buffer, slot) }}\n}\n\n// loadB", "gemm", "", wrong},
	{"wrong address of a tile of B", "nestwalk.go", "int64(r0)*int64(b.c1-b.c0)) * cell", "int64(r0)*int64(k.n.Cols)) * cell", "gemm-wide", "weights.fifo=2", wrong},
	{"weights of every product from the first", "nestwalk.go", "_, block = workloads.BatchIndex(k.layer.Head(), b.batch)", "block = 0", "matmul-batched", "", wrong},
	{"keys of every head from the first", "regions.go", "_, ib = workloads.BatchIndex(k.layer.Head(), b.batch)", "ib = 0", "attention", "", wrong},
	{"weights packed in the wrong order", "pack.go", "from := (matrix + k*stepK + c*stepN) * w", "from := (matrix + k*stepN + c*stepK) * w", "gemm", "", wrong},
	{"store to the wrong place", "transfer.go", "mem.Save(st.offChip, pl.OffChip, view, r, cell, raw)", "mem.Save(st.offChip, pl.OffChip+int64(cell), view, r, cell, raw)", "conv", "buffer.keep=false", wrong},
	{"slots that overlap", "nestwalk.go", "newRing(max(1, k.n.A.Count)), newRing", "newRing(1 + k.n.A.Count), newRing", "gemm:m=60,n=30,k=70", flooded, wrong},
	// Waiting.
	{"overwritten double buffer", "nestwalk.go", "k.a.slots[aSlot].used[array] = issued", "_ = issued", "gemm:m=64,n=64,k=64", flooded, wrong},
	{"overwritten weights", "nestwalk.go", "ringB.slots[bSlot].used[k.frees()] = issued", "_ = issued", "gemm:m=64,n=64,k=64", "weights.fifo=2 " + flooded, wrong},
	{"array does not wait for its loads", "nestwalk.go", "c.After[loader], c.Work.late = k.a.slots[aSlot].loaded, true", "c.Work.late = true", "gemm:m=64,n=8,k=64", "memory.bandwidth=50_MB/s", wrong},
	{"array does not wait for a free accumulator bank", "nestwalk.go", "if n := len(k.drains); n >= 2 {", "if n := len(k.drains); n >= 1<<30 {", "gemm:m=64,n=64,k=4", dripping, wrong},
	{"drain does not wait for the array", "drain.go", "c.After[array] = k.issued[array]", "c.After[array] = k.issued[array] - 1", "gemm:m=16,n=16,k=64", "weights.fifo=2", wrong},
	{"result overwritten before it is stored", "drain.go", "c.After[storer] = max(k.fence[storer], k.out[slot])", "c.After[storer] = k.fence[storer]", "residual", backed, wrong},
	{"tiles of the layer before overwritten", "walker.go", "w.fence = w.issued", "w.fence = fence{}", "residual", flooded, wrong},
	{"read before the layer before has made it", "nestwalk.go", "c.After[vector] = k.aReady.vector", "c.After[vector] = 0", "encoder", "weights.fifo=4", wrong},
	// What a layer adds to its product.
	{"bias dropped", "apply.go", "return biasValue{i: int32(a.Int(i))}", "return biasValue{}", "residual", "", wrong},
	{"bias of the wrong column", "apply.go", "region[1].Lo+c\n", "c\n", "residual", cramped, wrong},
	{"residual from the wrong place", "rowring.go", "mem.Load(dst, st.buffer, pl.OnChip, view, r, cell)", "mem.Load(dst, st.buffer, pl.OnChip+int64(cell), view, r, cell)", "residual", "", wrong},
	{"residual from the wrong slot", "apply.go", "st.buffer.ReadAt(raw, k.n.Extra.Addr(slots[*used]))", "st.buffer.ReadAt(raw, k.n.Extra.Addr(0))", "residual", "buffer.keep=false accumulators.rows=32", wrong},
	{"pooled tile misplaced", "regions.go", "rows = mem.Span{Lo: rows.Lo * view[2] / s.OH, Hi: rows.Hi * view[2] / s.OH}", "rows = mem.Span{Lo: 0, Hi: (rows.Hi - rows.Lo) * view[2] / s.OH}", "pooled", "accumulators.rows=64", wrong},
	// Windows.
	{"padding ignored", "setup.go", "ow*s.StrideW-s.PadW+c*s.DilW", "ow*s.StrideW+c*s.DilW", "conv", "", wrong},
	{"dilation ignored", "setup.go", "-s.PadW+c*s.DilW", "-s.PadW+c", "conv-dilated", "", wrong},
	{"halo not loaded", "../../mapping/nest.go", "hi = (p1-1)/s.OW*s.StrideH - s.PadH + (s.R-1)*s.DilH + 1", "hi = (p1-1)/s.OW*s.StrideH - s.PadH + 1", "conv", cramped, wrong},
	{"groups mixed up", "multiply.go", "copy(full[(g*gr+r)*cols+g*gc:][:gc], stored[(g*gr+r)*gc:][:gc])", "copy(full[(g*gr+r)*cols:][:gc], stored[(g*gr+r)*gc:][:gc])", "conv-grouped", "array.rows=64 array.cols=16", wrong},
	// Numbers.
	{"scale of the result forgotten", "apply.go", "out.Type.Quantise(float64(bank.i[j]+bias.i)*scale, out.Scale)", "out.Type.Quantise(float64(bank.i[j]+bias.i)*scale, 1)", "gemm", "", wrong},
	// Places.
	{"tensor overwritten by the layer that reads it", "../../mapping/place.go", "until >= first {", "until > first {", "residual", "", wrong},
	{"tiles on top of resident tensors", "../../mapping/systolic.go", "base: tops[i], room", "base: 0, room", "residual", "", wrong},
	// Books.
	{"bytes not booked", "walker.go", "w.count(w.s.books.memory, evRead, bytes)", "w.count(w.s.books.memory, evRead, 0)", "gemm", "", "law broken: off-chip bytes"},
	{"states that do not sum", "../../results/stats.go", "s.Enter(Idle, end)", "s.state = Idle", "gemm", "", "law broken: each unit's states"},
	{"energy of a unit not counted", "../../results/price.go", "r.EnergyByUnit[s.Name] += energy", "r.EnergyByUnit[s.Name] = energy", "gemm", "", "law broken: energy"},
	{"layer left out of the time", "books.go", "at := unit.Edge(0)", "at := b.turns[0].end / 2", "gemm:m=64,n=64,k=64", "memory=ideal", "law broken: "},
}

// TestMutants plants each fault in the source, builds it, and runs what exposes it.
// The same run without the fault passes, so nothing else is caught. A fault whose
// place in the source is gone fails: it must be moved along with the source.
func TestMutants(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program for each fault; run without -short")
	}
	sound := filepath.Join(t.TempDir(), "sound")
	require.NoError(t, built(t, sound, ""))
	for _, m := range mutants {
		t.Run(strings.ReplaceAll(m.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			text, err := runs(sound, m)
			require.NoError(t, err, "without the fault: %s", text)
			binary := filepath.Join(t.TempDir(), "faulty")
			require.NoError(t, built(t, binary, overlay(t, m)))
			text, err = runs(binary, m)
			exit := new(exec.ExitError)
			if !assert.True(t, errors.As(err, &exit), "the fault survives: %s", m.name) {
				return
			}
			assert.Equal(t, 1, exit.ExitCode(), "%s", text)
			assert.Regexp(t, m.says, text)
			assert.Equal(t, 1, strings.Count(text, "\n"), "one line: %s", text)
		})
	}
}

// overlay writes the faulty file and the list that puts it in place of the sound one.
func overlay(t *testing.T, m mutant) string {
	sound, err := filepath.Abs(m.file)
	require.NoError(t, err)
	text, err := os.ReadFile(sound)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), m.old), "%s: %q must stand in it once; move the fault along with the source", m.file, m.old)
	dir := t.TempDir()
	faulty, list := filepath.Join(dir, "faulty.go"), filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(faulty, []byte(strings.Replace(string(text), m.old, m.new, 1)), 0o644))
	json, err := json.Marshal(map[string]map[string]string{"Replace": {sound: faulty}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(list, json, 0o644))
	return list
}

// built builds the program that runs one workload, with files replaced by a list.
func built(t *testing.T, binary, list string) error {
	args := []string{"build", "-ldflags=-s -w", "-o", binary}
	if list != "" {
		args = append(args, "-overlay", list)
	}
	cmd := exec.Command("go", append(args, "./testdata/checked")...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Logf("%s", out)
	}
	return err
}

// runs runs the program on a fault's workload and returns what it says.
func runs(binary string, m mutant) (string, error) {
	args := []string{"tiny-4x4", m.workload}
	for _, set := range strings.Fields(m.sets) {
		args = append(args, strings.ReplaceAll(set, "_", " "))
	}
	out, err := exec.Command(binary, args...).CombinedOutput()
	return string(out), err
}
