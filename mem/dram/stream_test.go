package dram

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ran is everything that can be seen of a channel.
type ran struct {
	commands []Command
	lines    []Done
	counters Counters
	now      int64
}

// runs is traffic of long runs of either kind, some of them one after the other.
func runs(r *rand.Rand, lines int64, n int) (list []Request) {
	at, next := int64(0), int64(0)
	for range n {
		q := Request{Line: r.Int64N(lines), Count: 1 + r.Int64N(900), Stride: 1, Write: r.IntN(3) == 0, Tag: int64(len(list)), At: at}
		if r.IntN(2) == 0 {
			q.Line = next
		}
		if r.IntN(3) == 0 {
			q.Stride = 1 << r.IntN(20)
			q.Line, q.Count = q.Line%1024, min(q.Count, lines/q.Stride-1024/q.Stride-1)
		}
		q.Count = max(1, min(q.Count, (lines-q.Line)/q.Stride))
		next = (q.Line + q.Count*q.Stride) % lines
		if r.IntN(4) == 0 {
			at += r.Int64N(20000)
		}
		list = append(list, q)
	}
	return list
}

// see runs requests, stopping as often as stops says.
func see(t *testing.T, p Part, c Config, requests []Request, plain bool, stops *rand.Rand) (out ran) {
	t.Helper()
	ch, err := New(p, c, func(l Done) { out.lines = append(out.lines, l) })
	require.NoError(t, err)
	if plain {
		ch.LineByLine()
	}
	ch.Watch(func(m Command) { out.commands = append(out.commands, m) })
	for len(requests) > 0 || busy(ch) {
		for len(requests) > 0 && ch.CanAccept() {
			require.NoError(t, ch.Add(requests[0]))
			requests = requests[1:]
		}
		switch {
		case stops != nil:
			ch.AdvanceTo(ch.Next() + 1 + stops.Int64N(3000)*stops.Int64N(2))
		case len(requests) > 0:
			ch.AdvanceUntilRoom()
		default:
			ch.AdvanceUntilTaken()
			ch.AdvanceTo(ch.Next() + 1)
		}
	}
	ch.AdvanceTo((ch.Now()/10000 + 2) * 10000)
	out.counters, out.now = ch.Counters(), ch.Now()
	return out
}

func busy(ch *Channel) bool {
	reads, writes, more := ch.Left()
	return reads > 0 || writes > 0 || more
}

// TestStreamsLineByLine: a stream advanced in one step gives the commands, the
// completions and the counts that it gives line by line, wherever it is cut.
func TestStreamsLineByLine(t *testing.T) {
	for _, name := range Presets() {
		t.Run(name, func(t *testing.T) {
			p, err := Preset(name)
			require.NoError(t, err)
			for seed := range uint64(6) {
				c := mappings[seed%4]
				c.Controller, c.Queue, c.Writes = "frfcfs", []int{8, 32, 64}[seed%3], []int{0, 96}[seed%2]
				r := rand.New(rand.NewPCG(seed, 3))
				requests := runs(r, p.Shape.Lines(), 25)
				want := see(t, p, c, requests, true, nil)
				got := see(t, p, c, requests, false, nil)
				same(t, want, got, fmt.Sprintf("%+v", c))
				if cut := see(t, p, c, requests, false, r); true {
					require.Equal(t, want.lines, cut.lines, "cut, %+v", c)
				}
			}
		})
	}
}

func same(t *testing.T, want, got ran, what string) {
	t.Helper()
	for i := range min(len(want.commands), len(got.commands)) {
		require.Equal(t, want.commands[i].String(), got.commands[i].String(), "command %d: %s", i, what)
	}
	require.Equal(t, len(want.commands), len(got.commands), what)
	require.Equal(t, want.lines, got.lines, what)
	require.Equal(t, want.counters, got.counters, what)
}

// TestStreamsSkip: a stream over open rows costs far fewer steps than lines.
func TestStreamsSkip(t *testing.T) {
	p, err := Preset("ddr4-2400")
	require.NoError(t, err)
	ch, err := New(p, Config{Mapping: "rochrabacobg"}, func(Done) {})
	require.NoError(t, err)
	require.NoError(t, ch.Add(Request{Count: 100000, Stride: 1}))
	steps := 0
	for busy(ch) {
		ch.cycle(ch.wake)
		ch.stream(never)
		steps++
	}
	assert.Less(t, steps, 60000, "steps for 100000 lines")
}
