package traffic_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/arch"
	"nnsim/arch/traffic"
	"nnsim/mem/dram"
	"nnsim/noc"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads/catalog"
)

func memory(t testing.TB, name string, sets ...string) *traffic.Memory {
	text, ok := traffic.Presets.Text(name)
	require.True(t, ok, name)
	m, err := traffic.OpenMemory(name, text, sets)
	require.NoError(t, err)
	return m
}

func network(t testing.TB, name string, sets ...string) *traffic.Network {
	text, ok := traffic.Presets.Text(name)
	require.True(t, ok, name)
	n, err := traffic.OpenNetwork(name, text, sets)
	require.NoError(t, err)
	return n
}

// stream opens a workload string and runs it, and holds the run against the laws.
func stream(t testing.TB, d arch.Streamer, spec string) *results.Run {
	w, err := catalog.Open(spec, catalog.Defaults{})
	require.NoError(t, err)
	require.NoError(t, d.Takes(*w.Stream))
	run, err := d.RunStream(*w.Stream)
	require.NoError(t, err)
	require.NoError(t, arch.StreamLaws(run, int64(w.Stream.Bytes)))
	return run
}

// Every preset opens, runs requests and bursts, keeps the laws and comes out the
// same twice; in long sequential reads all reach 85 % of their pins.
func TestEveryMemoryRuns(t *testing.T) {
	names := traffic.MemoryPresets()
	assert.Len(t, names, 14)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := memory(t, name)
			run := stream(t, m, "stream:pattern=seq,bytes=4MiB")
			assert.EqualValues(t, 4<<20, run.DRAM.ReadBytes)
			assert.Greater(t, float64(run.DRAM.Bandwidth), 0.85*float64(run.DRAM.PeakBandwidth))
			for _, pattern := range dram.Patterns() {
				spec := "stream:pattern=" + pattern + ",requests=600"
				run := stream(t, m, spec)
				moved := run.DRAM.ReadBytes + run.DRAM.WriteBytes
				if run.OnChip != nil {
					moved = run.OnChip.ReadBytes + run.OnChip.WriteBytes
				}
				assert.EqualValues(t, 600, moved/lineOf(m))
				assert.Equal(t, run, stream(t, m, spec))
			}
		})
	}
}

// lineOf is the size of a request, found by making one.
func lineOf(m *traffic.Memory) int64 {
	run, err := m.RunStream(catalog.Stream{Pattern: "seq", Requests: 1})
	if err != nil {
		return 0
	}
	return run.DRAM.ReadBytes
}

// TestWritesAtTheEnd: a run ends when its last write has been taken in; what then
// still waits for the banks has not crossed the bus.
func TestWritesAtTheEnd(t *testing.T) {
	m := memory(t, "ddr3-2133")
	run := stream(t, m, "stream:pattern=randmix21,requests=1") // a write
	assert.EqualValues(t, 3, run.Cycles)
	assert.EqualValues(t, 64, run.DRAM.WaitingBytes)
	run = stream(t, m, "stream:pattern=seq,bytes=64KiB,mode=write")
	assert.Less(t, float64(64<<10-run.DRAM.WaitingBytes)/float64(run.Seconds), float64(run.DRAM.PeakBandwidth))
}

// Requests through the device are those of the core's own driver: cycles, hash and latencies.
func TestRequestsAreTheCores(t *testing.T) {
	for _, name := range []string{"ddr3-1600", "ddr4-2400", "hbm2-2000"} {
		part, err := dram.Preset(name)
		require.NoError(t, err)
		control := dram.Config{Controller: "dramsim3", Mapping: "rochrababgco"}
		source, err := dram.NewTraffic("randmix21", 3000, 0, part, control)
		require.NoError(t, err)
		want, err := dram.Drive(part, control, source)
		require.NoError(t, err)
		run := stream(t, memory(t, name, "controller=dramsim3", "mapping=rochrababgco"), "stream:pattern=randmix21,requests=3000")
		assert.Equal(t, want.Cycles, run.Cycles)
		assert.Equal(t, want.Counters.Activates, run.DRAM.Commands["ACT"])
		assert.InDelta(t, want.Latency.Mean*part.TCK, run.DRAM.ReadLatencyMean, 1e-9)
		assert.InDelta(t, float64(want.Latency.P99)*part.TCK, run.DRAM.ReadLatencyP99, 1e-9)
		assert.InDelta(t, float64(want.Latency.Max)*part.TCK, run.DRAM.ReadLatencyMax, 1e-9)
	}
}

// n channels under a mapping that gives each whole stripes do n times one's work in one's time.
func TestChannelsAreIndependent(t *testing.T) {
	one := stream(t, memory(t, "hbm2-2000", "mapping=rorababgcoch"), "stream:pattern=seq,requests=4096")
	eight := stream(t, memory(t, "hbm2-2000", "mapping=rorababgcoch", "channels=8"), "stream:pattern=seq,requests=32768")
	assert.Equal(t, one.Cycles, eight.Cycles)
	assert.Equal(t, 8*one.DRAM.Commands["ACT"], eight.DRAM.Commands["ACT"])
	assert.InDelta(t, 8*float64(one.EnergyJoules), float64(eight.EnergyJoules), 1e-12)
	assert.InDelta(t, 8*float64(one.DRAM.PeakBandwidth), float64(eight.DRAM.PeakBandwidth), 1)
	for _, mapping := range []string{"rorababgcoch", "chrorababgco", "rochrababgco"} {
		m := memory(t, "hbm2-2000", "mapping="+mapping, "channels=8")
		assert.Greater(t, float64(stream(t, m, "stream:pattern=random,requests=8000").DRAM.Bandwidth), 4*7.5e9, "random lines use all channels (%s)", mapping)
		conflict := stream(t, m, "stream:pattern=rowconf,requests=800")
		assert.Zero(t, conflict.DRAM.RowHitRate, mapping)
		assert.InDelta(t, 800, conflict.DRAM.Commands["ACT"], 20, "every access, and those that a refresh came between (%s)", mapping)
	}
}

// Bursts finish in the same cycle however far the boxes look ahead, and a longer
// path costs a single burst its length twice.
func TestBurstsThroughTheComponent(t *testing.T) {
	want := stream(t, memory(t, "hbm2-2000", "channels=8", "mapping=rorabachcobg"), "stream:pattern=blk21,bytes=1MiB")
	assert.EqualValues(t, 1<<20, want.DRAM.ReadBytes+want.DRAM.WriteBytes)
	for _, window := range []string{"1", "7"} {
		got := stream(t, memory(t, "hbm2-2000", "channels=8", "mapping=rorabachcobg", "dma.window="+window), "stream:pattern=blk21,bytes=1MiB")
		got.Device, got.Host = want.Device, want.Host
		assert.Equal(t, want, got)
	}
	near := stream(t, memory(t, "ddr4-2400", "dma.latency=64"), "stream:pattern=seq,bytes=64B,burst=64B")
	far := stream(t, memory(t, "ddr4-2400", "dma.latency=164"), "stream:pattern=seq,bytes=64B,burst=64B")
	assert.EqualValues(t, 200, far.Cycles-near.Cycles)
}

// An idle memory draws its refreshes and its background, in proportion to time,
// and counting the rounds is the same as simulating them.
func TestIdleMemory(t *testing.T) {
	for _, sets := range [][]string{nil, {"ranks=2"}, {"channels=2"}} {
		m := memory(t, "ddr4-2400", sets...)
		part, err := dram.Preset("ddr4-2400")
		require.NoError(t, err)
		for _, cycles := range []int64{1, 9360, 50_000, 123_457, 1_000_000} {
			run, err := m.RunIdle(unit.Seconds(float64(cycles) * part.TCK / 1e9))
			require.NoError(t, err)
			require.Equal(t, cycles, run.Cycles)
			require.NoError(t, arch.StreamLaws(run, 0))
			if len(sets) > 0 && sets[0] == "ranks=2" {
				part.Shape.Ranks = 2
			}
			ch, err := dram.New(part, dram.Config{Mapping: "rochrabacobg"}, func(dram.Done) {})
			require.NoError(t, err)
			ch.AdvanceTo(cycles)
			times := int64(1)
			if len(sets) > 0 && sets[0] == "channels=2" {
				times = 2
			}
			assert.Equal(t, times*ch.Counters().Refreshes, run.DRAM.Commands["REF"], "%v, %d cycles", sets, cycles)
			energy, err := part.ByCurrents(ch.Counters())
			require.NoError(t, err)
			assert.InDelta(t, float64(times)*float64(energy.Total()), float64(run.EnergyJoules), 1e-9*float64(run.EnergyJoules))
		}
	}
	run, err := memory(t, "ddr4-2400").RunIdle(3600)
	require.NoError(t, err)
	assert.InDelta(t, 0.4156, float64(run.AveragePowerWatts), 0.001, "8 devices of 34 mA at 1.2 V, and 128,720 refreshes a second")
}

// A network's measured figures are the core's, and its patterns those of the catalog.
func TestNetworksRun(t *testing.T) {
	assert.Equal(t, []string{"mesh-8x8", "ring-8", "torus-8x8"}, traffic.NetworkPresets())
	assert.Equal(t, noc.Patterns(), catalog.NetworkPatterns())
	assert.Equal(t, dram.Patterns(), catalog.MemoryPatterns())
	ring := stream(t, network(t, "ring-8"), "stream:pattern=neighbor,rate=0.1")
	assert.EqualValues(t, 11, ring.Network.PacketLatencyMean, "3 routers' cycles twice, a wire of 2, 3 to get in and out")
	mesh := stream(t, network(t, "mesh-8x8"), "stream:pattern=uniform,rate=0.05,flits=4")
	assert.Equal(t, mesh, stream(t, network(t, "mesh-8x8"), "stream:pattern=uniform,rate=0.05,flits=4"))
	assert.True(t, mesh.Network.Stable)
	assert.InDelta(t, 0.05, mesh.Network.Accepted, 0.003)
	assert.InDelta(t, 1+5.25, mesh.Network.Routers, 0.1, "2(k²−1)/3k hops and one router more")
	assert.Positive(t, float64(mesh.EnergyJoules))
	past := stream(t, network(t, "mesh-8x8"), "stream:pattern=transpose,rate=0.5")
	assert.False(t, past.Network.Stable)
	assert.Less(t, past.Network.Accepted, 0.3)
	for name, config := range map[string]noc.Config{"mesh-8x8": noc.Default(noc.Mesh, 8, 8), "torus-8x8": noc.Default(noc.Torus, 8, 8), "ring-8": noc.Default(noc.Ring, 8)} {
		load := noc.DefaultTraffic()
		load.Rate, load.Seed = 0.2, 7
		want, err := load.Run(config)
		require.NoError(t, err)
		got := stream(t, network(t, name), "stream:pattern=uniform,rate=0.2,seed=7")
		assert.Equal(t, want.MeanLatency, got.Network.PacketLatencyMean, name)
		assert.EqualValues(t, want.Cycles, got.Cycles, name)
	}
}

// What cannot be is refused when the device is opened or the stream is looked at,
// in one line that says what would be right.
func TestRefuses(t *testing.T) {
	for _, c := range []struct{ preset, set, want string }{
		{"ddr4-2400", "timing=tRC=10", "tRC is 10, but tRAS + tRP is 56; raise tRC"},
		{"ddr4-2400", "timing=tRX=10", `has no timing "tRX"; it has CL`},
		{"ddr4-2400", "timing=tRC", "write a timing and its cycles, such as tRCD=18"},
		{"ddr4-2400", "channels=3", "channels: 3; write a power of two"},
		{"ddr4-2400", "rows=1000", "rows is 1000; it must be a power of two"},
		{"ddr4-2400", "mapping=rochrababg", `field "co" is missing`},
		{"ddr4-2400", "part=ddr4-2401", `there is no part "ddr4-2401"`},
		{"ddr4-2400", "dma.burst=100 B", "burst: 100 B; must be a power of two"},
		{"ddr4-2400", "dma.window=65", "the window must be from 1 to the latency"},
		{"ddr5-4800", "energy=currents", "has no currents"},
		{"mesh-8x8", "router.buffer=0", "zero credits"},
		{"mesh-8x8", "link.width=0 B", "a link of zero width moves nothing"},
		{"torus-8x8", "router.channels=1", "routes can deadlock: router 0→router 1"},
		{"mesh-8x8", "link.length=1e18", "link.length=1e18: must be at most 1000"},
		{"mesh-8x8", "size=8by8", "write whole numbers with x between them"},
		{"mesh-8x8", "topology=graph", "cannot be reached"},
	} {
		text, ok := traffic.Presets.Text(c.preset)
		require.True(t, ok)
		sets := []string{c.set}
		if c.set == "topology=graph" {
			sets = append(sets, "size=4", "links=0-1,1-2")
		}
		_, err := traffic.OpenMemory(c.preset, text, sets)
		if slices.Contains(traffic.NetworkPresets(), c.preset) {
			_, err = traffic.OpenNetwork(c.preset, text, sets)
		}
		require.ErrorContains(t, err, c.want, "%s %s", c.preset, c.set)
		assert.NotContains(t, err.Error(), "\n")
	}
	ddr4, mesh := memory(t, "ddr4-2400"), network(t, "mesh-8x8")
	for spec, want := range map[string]string{
		"stream:pattern=seq,bytes=9GiB":            "is more than the 8 GiB that ddr4-2400 holds",
		"stream:pattern=random,bytes=1MiB":         "moves blocks by DMA, which pattern=random does not",
		"stream:pattern=seq,bytes=1MiB,burst=100B": "must be a power of two",
		"stream:pattern=uniform,rate=0.1":          "is for networks, and ddr4-2400 is a memory",
	} {
		w, err := catalog.Open(spec, catalog.Defaults{})
		require.NoError(t, err)
		assert.ErrorContains(t, ddr4.Takes(*w.Stream), want)
	}
	for spec, want := range map[string]string{
		"stream:pattern=seq,requests=5":                      "is for memories, and mesh-8x8 is a network",
		"stream:pattern=hotspot,rate=0.1,hot=64":             "needs at least one of 0 to 63",
		"stream:pattern=uniform,rate=1,flits=9999999":        "traffic.flits is 9999999",
		"stream:pattern=uniform,rate=.1,receivers=65":        "receivers is 65, must be at most 64",
		"stream:pattern=uniform,rate=.1,receivers=2,flits=9": "at most router.buffer, 8",
	} {
		w, err := catalog.Open(spec, catalog.Defaults{})
		require.NoError(t, err)
		assert.ErrorContains(t, mesh.Takes(*w.Stream), want)
	}
	assert.ErrorContains(t, ddr4.Supports(ddr4.Native()), "ddr4-2400 is a memory, which runs no layers")
	_, err := mesh.Plan(nil)
	assert.ErrorContains(t, err, "mesh-8x8 is a network, which runs no layers")
}
