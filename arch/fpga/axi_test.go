package fpga

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/internal/engine"
	"nnsim/unit"
)

// obvious moves bursts through a port cycle by cycle, before a memory that answers
// every burst after a fixed path: the twin of port. A burst has so many beats to
// collect, to send and to receive, and an answer that is due in a cycle.
type obvious struct {
	axi  AXI
	path int64
	way  []*beats
	rest int64 // cycles for which the write channel still rests
}

type beats struct{ collect, send, receive, due int64 }

// run returns the cycle in which the last of so many full bursts has ended.
func (o *obvious) run(bursts int, write bool) int64 {
	n, issued := int64(o.axi.Burst), 0
	for now := int64(0); ; now++ {
		for len(o.way) > 0 && o.way[0].collect+o.way[0].send+o.way[0].receive == 0 && o.way[0].due <= now {
			o.way = o.way[1:]
		}
		for ; issued < bursts && len(o.way) < o.axi.Outstanding; issued++ {
			b := &beats{receive: n, due: now + o.path}
			if write {
				b = &beats{collect: n, send: n}
			}
			o.way = append(o.way, b)
		}
		if len(o.way) == 0 {
			return now
		}
		o.send(now)
		o.receive(now)
	}
}

// send sends a beat of the oldest burst that is together and not sent, then collects
// one of the oldest that is not together.
func (o *obvious) send(now int64) {
	o.rest = max(0, o.rest-1)
	for _, b := range o.way {
		if b.send > 0 {
			if b.collect == 0 && o.rest == 0 {
				if b.send--; b.send == 0 {
					b.due, o.rest = now+1+o.path, int64(o.axi.Gap)+1
				}
			}
			break
		}
	}
	for _, b := range o.way {
		if b.collect > 0 {
			b.collect--
			break
		}
	}
}

// receive takes a beat of the oldest burst that has beats to come.
func (o *obvious) receive(now int64) {
	for _, b := range o.way {
		if b.receive > 0 {
			if b.due <= now {
				if b.receive--; b.receive == 0 {
					b.due = now + 1
				}
			}
			return
		}
	}
}

// timedPort runs the real port before a memory without banks.
func timedPort(t *testing.T, axi AXI, bursts int, write bool) int64 {
	m := &Machine{}
	m.cfg.Clock, m.cfg.AXI = 1e9, axi
	m.cfg.Memory = Memory{Channels: 1, Latency: 60e-9, Response: 40e-9, Bandwidth: 1 << 44}
	e := engine.New(m.cfg.Clock)
	x, err := m.newExternal(e, 1, false)
	require.NoError(t, err)
	end := unit.Edge(0)
	x.ports[0].move(&movement{left: int64(bursts) * axi.bytes(), done: func(at unit.Edge) { end = at }}, write)
	require.NoError(t, e.Run())
	return int64(end)
}

// TestPortAgainstTwin: reads, and writes, of every small shape end in the same cycle.
func TestPortAgainstTwin(t *testing.T) {
	for _, write := range []bool{false, true} {
		for _, outstanding := range []int{1, 2, 3, 4, 7, 32} {
			for _, burst := range []int{1, 2, 4, 16, 31} {
				for _, gap := range []unit.Cycles{0, 4} {
					axi := AXI{Width: 256, Ports: 1, Burst: burst, Outstanding: outstanding, Gap: gap}
					path := map[bool]int64{false: 60, true: 41}[write] // the memory rounds what is almost no time up to a cycle
					for _, n := range []int{1, 2, 5, 40} {
						o := &obvious{axi: axi, path: path}
						assert.Equal(t, o.run(n, write), timedPort(t, axi, n, write), "write %v, %+v, %d bursts", write, axi, n)
					}
				}
			}
		}
	}
}

// TestAXIRefuses: what the protocol does not know.
func TestAXIRefuses(t *testing.T) {
	text, _ := Presets.Text("alveo-u200")
	for set, want := range map[string]string{
		"axi.width=96":            "power of two of bits",
		"axi.burst=256":           "does not cross 4096 bytes",
		"axi.outstanding=0":       "axi.outstanding",
		"memory.bandwidth=1 GB/s": "the part ddr4-2400 decides it",
		"memory.part=ddr9":        "there is no part",
		"memory.latency=1 ns":     "takes",
		"memory.part=none":        "bandwidth: missing",
		"memory.mapping=roco":     "mapping",
	} {
		_, err := Open("alveo-u200", text, []string{set})
		assert.ErrorContains(t, err, want, set)
	}
}
