package arch

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/mapping"
	"nnsim/results"
	"nnsim/tech"
	"nnsim/workloads"
)

// lawful is a run of two products that keeps every law: 8·8·8 and 8·4·8 MACs on
// an array of 16 a cycle, and 100 bytes at 1 byte a cycle.
func lawful(t *testing.T) (*results.Run, *workloads.Network, *mapping.Plan) {
	t.Helper()
	tensor := func(name string, role workloads.Role, shape ...int) *workloads.Tensor {
		return &workloads.Tensor{Name: name, Shape: shape, Type: workloads.Int8, Role: role}
	}
	x, y, z := tensor("x", workloads.Input, 8, 8), tensor("y", workloads.Activation, 8, 8), tensor("z", workloads.Output, 8, 4)
	first := &workloads.Node{Name: "first", Op: "MatMul", In: []*workloads.Tensor{x, tensor("w1", workloads.Weight, 8, 8)}, Out: []*workloads.Tensor{y}}
	second := &workloads.Node{Name: "second", Op: "MatMul", In: []*workloads.Tensor{y, tensor("w2", workloads.Weight, 8, 4)}, Out: []*workloads.Tensor{z}}
	net := &workloads.Network{
		Graph:  &workloads.Graph{Name: "two", Nodes: []*workloads.Node{first, second}, Inputs: []*workloads.Tensor{x}, Outputs: []*workloads.Tensor{z}},
		Layers: []*workloads.Layer{{Name: "first", Nodes: []*workloads.Node{first}}, {Name: "second", Nodes: []*workloads.Node{second}}},
	}
	array := results.NewStats("array", 2, "mac_int8", "mac_skipped")
	array.Add(0, 0, 500)
	array.Add(0, 1, 12)
	array.Add(1, 0, 256)
	array.Enter(results.Busy, 20)
	array.Enter(results.WaitMemory, 110)
	run := &results.Run{Cycles: 128, Seconds: 128e-9, ComputeSeconds: 100e-9, Utilization: 0.375,
		Device:  results.Device{Clock: 1e9, PeakMACsPerCycle: 16},
		DRAM:    results.DRAM{ReadBytes: 96, WriteBytes: 32, Bandwidth: 1e9, PeakBandwidth: 1e9},
		Layers:  []results.Layer{{Name: "first", MACs: 512, Cycles: 80, DRAMReadBytes: 64}, {Name: "second", MACs: 256, StartCycle: 80, Cycles: 48, DRAMReadBytes: 32, DRAMWriteBytes: 32}},
		Stats:   []*results.Stats{array},
		Units:   map[string]results.Unit{"array": array.Finish(128)},
		Density: "measured",
	}
	moved := results.NewTraffic(2)
	moved.Read(0, results.Inputs, 64)
	moved.Read(1, results.Weights, 32)
	moved.Write(1, results.Outputs, 32)
	run.Split(moved)
	require.NoError(t, run.Price(results.Prices{
		PerEvent: map[string]map[string]tech.Price{"array": {"mac_int8": {Energy: 3e-13}, "mac_skipped": {}}},
		Static:   map[string]tech.Power{"chip": {Watts: 1}}}))
	return run, net, &mapping.Plan{CompulsoryRead: 96, CompulsoryWrite: 32}
}

func TestLawfulRunPasses(t *testing.T) {
	run, net, plan := lawful(t)
	require.NoError(t, Laws(run, net, plan))
	run.DRAM.PeakBandwidth, run.DRAM.ReadBytes = 0, 64
	run.DRAM.ByTensor, run.Layers[1].DRAMByTensor, run.Layers[1].DRAMReadBytes, run.Layers[1].DRAMWriteBytes, run.DRAM.WriteBytes = run.Layers[0].DRAMByTensor, nil, 0, 0, 0
	require.NoError(t, Laws(run, net, plan), "an ideal memory has no limits")
}

// Each law is broken once, in each way it can be, and that law must be the one to say so.
func TestEachBrokenLawIsCaught(t *testing.T) {
	broken := map[string]bool{}
	for _, c := range []struct {
		law   string
		found string
		spoil func(*results.Run, *workloads.Network, *mapping.Plan)
	}{
		{"every figure", "utilization is NaN", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) { r.Utilization = math.NaN() }},
		{"every figure", "utilization is 1.25", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) { r.Utilization = 1.25 }},
		{"every figure", "energy_joules is +Inf", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) {
			r.EnergyJoules = math.MaxFloat64
			r.EnergyJoules *= 10
		}},
		{"every figure", "cycles is -1", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) { r.Cycles = -1 }},
		{"all work", "layer second: want 256, found 255 executed + 0 skipped", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) { r.Stats[0].Add(1, 0, -1) }},
		{"all work", "layer first: want 512, found 500 executed + 13 skipped", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) { r.Stats[0].Add(0, 1, 1) }},
		{"all work", "the report says 511", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) { r.Layers[0].MACs = 511 }},
		{"all work", "want 1 layers, found 2", func(_ *results.Run, n *workloads.Network, _ *mapping.Plan) { n.Layers = n.Layers[:1] }},
		{"each unit's states", "unit array: want 128, found 129", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) {
			u := r.Units["array"]
			u.Idle++
			r.Units["array"] = u
		}},
		{"each unit's states", "found a state of -1 cycles", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) {
			u := r.Units["array"]
			u.Busy, u.WaitOutput = u.Busy+1, -1
			r.Units["array"] = u
		}},
		{"layers follow", "layer second: want start_cycle 80, found 81", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) { r.Layers[1].StartCycle = 81 }},
		{"layers follow", "want 128, found 127", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) { r.Layers[1].Cycles = 47 }},
		{"no more MACs", "want at most 640 in 128 cycles (5 a cycle), found 756", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) {
			r.Device.PeakMACsPerCycle = 5
		}},
		{"no more bytes", "want at most 127 bytes", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) { r.DRAM.PeakBandwidth = 0.99e9 }},
		{"off-chip bytes", "want at least 97 read, found 96", func(_ *results.Run, _ *workloads.Network, p *mapping.Plan) { p.CompulsoryRead = 97 }},
		{"off-chip bytes", "want at least 33 written, found 32", func(_ *results.Run, _ *workloads.Network, p *mapping.Plan) { p.CompulsoryWrite = 33 }},
		{"what the off-chip bytes are", "layer second: 1 bytes read and 0 written", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) { r.Layers[1].DRAMReadBytes++ }},
		{"what the off-chip bytes are", "run: -64 bytes read", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) {
			r.DRAM.ByTensor["weights"] = results.Moved{ReadBytes: 96}
		}},
		{"energy of the units", "in units", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) { r.EnergyByUnit["chip"] *= 1.000001 }},
		{"energy of the units", "in layers", func(r *results.Run, _ *workloads.Network, _ *mapping.Plan) { r.Layers[0].EnergyJoules *= 0.99999 }},
	} {
		run, net, plan := lawful(t)
		c.spoil(run, net, plan)
		err := Laws(run, net, plan)
		require.Error(t, err, c.found)
		assert.Contains(t, err.Error(), "law broken: "+c.law)
		assert.Contains(t, err.Error(), c.found)
		assert.NotContains(t, err.Error(), "\n")
		broken[c.law] = true
	}
	assert.Len(t, broken, len(laws), "every law is broken by some row")
}
