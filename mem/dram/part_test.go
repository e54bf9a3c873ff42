package dram

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEval(t *testing.T) {
	s := Symbols{"CL": 11, "tBURST": 4, "CWL": 8, "tCCD_L": 6}
	for text, want := range map[string]int{
		"7": 7, "CL": 11, "CL + tBURST + 2 - CWL": 9, "max(tBURST, tCCD_L)": 6, "1 + max(CL - 9, 1) + 1": 4, "max(max(1, 2), 3)": 3,
	} {
		got, err := s.Eval(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "tXYZ", "CL +", "max(CL", "max(CL, 2", "CL CL", "CL * 2"} {
		_, err := s.Eval(text)
		assert.Error(t, err, text)
	}
}

// TestPresets: every part can be built under every controller, and says where it is from.
func TestPresets(t *testing.T) {
	want := []string{"ddr3-1600", "ddr3-2133", "ddr4-2400", "ddr4-3200", "ddr5-4800", "lpddr4-2400", "lpddr5-6400", "gddr5-6000",
		"gddr6-14000", "gddr6-14000-16gb", "hbm1-1000", "hbm2-2000", "hbm2-2000-pc", "hbm2e-3200", "hbm3-6400"}
	assert.Equal(t, want, Presets())
	for _, name := range want {
		p, err := Preset(name)
		require.NoError(t, err)
		assert.NotEmpty(t, p.Source)
		for _, controller := range []string{"frfcfs", "dramsim3"} {
			_, err = New(p, Config{Controller: controller}, func(Done) {})
			require.NoError(t, err, name)
		}
	}
	_, err := Preset("ddr9")
	assert.ErrorContains(t, err, `there is no part "ddr9"; use ddr3-1600, `)
}

// TestRefused: what cannot be is refused in one line that says what to do.
func TestRefused(t *testing.T) {
	p, err := Preset("ddr4-2400")
	require.NoError(t, err)
	with := func(symbol string, v int) Part {
		q, err := p.With(symbol, v)
		require.NoError(t, err)
		return q
	}
	shape := func(change func(*Shape)) Part { q := p; change(&q.Shape); return q }
	for _, c := range []struct {
		part   Part
		config Config
		want   string
	}{
		{with("tRC", 55), Config{}, "dram: part ddr4-2400: tRC is 55, but tRAS + tRP is 56; raise tRC"},
		{with("tFAW", 3), Config{}, "dram: part ddr4-2400: tFAW is 3, but tRRD_S is 4; raise tFAW"},
		{with("tCCD_L", 3), Config{}, "dram: part ddr4-2400: tCCD_L is 3, but tCCD_S is 4; raise tCCD_L"},
		{with("tREFI", 420), Config{}, "dram: part ddr4-2400: tREFI is 420, but tRFC + 1 is 421; raise tREFI"},
		{with("tRP", -1), Config{}, "dram: part ddr4-2400: tRP is -1 cycles; it must be from 0 to 2^30"},
		{with("CL", 0), Config{}, "dram: part ddr4-2400: CL is 0, but 1 is 1; raise CL"},
		{shape(func(s *Shape) { s.Rows = 0 }), Config{}, "dram: part ddr4-2400: rows is 0; it must be a power of two"},
		{shape(func(s *Shape) { s.Banks = 3 }), Config{}, "dram: part ddr4-2400: banks is 3; it must be a power of two"},
		{shape(func(s *Shape) { s.Ranks = 8 }), Config{}, "dram: part ddr4-2400: 128 banks in a channel; at most 64 can be"},
		{shape(func(s *Shape) { s.LineBytes = 16384 }), Config{}, "dram: part ddr4-2400: a line of 16384 bytes is larger than a row of 8192"},
		{shape(func(s *Shape) { s.Rows = 1 << 50 }), Config{}, "dram: part ddr4-2400: a channel of 1.48e+20 bytes cannot be addressed; give fewer rows, banks or ranks"},
		{p, Config{Controller: "fcfs"}, `dram: controller is "fcfs"; use frfcfs or dramsim3`},
		{p, Config{Page: "ajar"}, `dram: page is "ajar"; use open or closed`},
		{p, Config{Refresh: "bank"}, "dram: DDR4 has no refresh bank by bank; use refresh=all"},
		{p, Config{Mapping: "rochrabaco"}, `dram: mapping "rochrabaco": field "bg" is missing; name each of ro ch ra ba bg co once`},
		{p, Config{Mapping: "rochrabaroco"}, `dram: mapping "rochrabaroco": field "ro" is unknown or named twice; name each of ro ch ra ba bg co once`},
		{p, Config{Mapping: "rochrabaxxco"}, `dram: mapping "rochrabaxxco": field "xx" is unknown or named twice; name each of ro ch ra ba bg co once`},
		{p, Config{Queue: -1}, "dram: queue is -1; it must be from 1 to 4096"},
		{p, Config{BankQueue: 17}, "dram: bank queue is 17; it must be from 1 to 16"},
		{p, Config{High: 10, Low: 10}, "dram: low is 10 and high is 10; writing must stop below where it starts"},
	} {
		_, err := New(c.part, c.config, func(Done) {})
		assert.EqualError(t, err, c.want)
	}
}

// TestRequestsRefused: a request outside the channel, or an empty one.
func TestRequestsRefused(t *testing.T) {
	p, err := Preset("ddr4-2400")
	require.NoError(t, err)
	ch, err := New(p, Config{Port: 1}, func(Done) {})
	require.NoError(t, err)
	lines := p.Shape.Lines()
	for _, r := range []Request{{Line: lines, Count: 1}, {Line: -1, Count: 1}, {Count: 0}, {Line: lines - 1, Count: 2, Stride: 1}, {Line: 1, Count: 3, Stride: -1}, {Count: 2, Stride: 1 << 62}} {
		assert.Error(t, ch.Add(r), "%+v", r)
	}
	require.NoError(t, ch.Add(Request{Count: 1}))
	assert.ErrorContains(t, ch.Add(Request{Count: 1}), "ask CanAccept first")
}

// TestMapping: every line has a place of its own, and the named fields lie where they are named.
func TestMapping(t *testing.T) {
	s := Shape{Pseudo: 2, Ranks: 2, Groups: 4, Banks: 2, Rows: 16, RowBytes: 512, LineBytes: 64, Devices: 1}
	for _, text := range []string{"rochrababgco", "rochrabacobg", "chrobabgraco", "rochrabacobgpc", "pccobgbarachro"} {
		for _, hash := range []bool{false, true} {
			m, err := parseMapping(text, s, hash)
			require.NoError(t, err)
			seen := map[place]bool{}
			for line := range s.Lines() {
				at := m.find(line)
				require.False(t, seen[at], "%s line %d", text, line)
				require.Less(t, int(at.bank), s.Sides()*s.PerSide())
				seen[at] = true
			}
		}
	}
	m, err := parseMapping("rochrababgco", s, false)
	require.NoError(t, err)
	assert.Equal(t, place{bank: 0, row: 0, column: 5}, m.find(5))
	assert.Equal(t, place{bank: 2, row: 0, column: 0}, m.find(8), "groups above columns")
	assert.Equal(t, place{bank: 1, row: 0, column: 0}, m.find(32), "banks above groups")
	assert.Equal(t, place{bank: 8, row: 0, column: 0}, m.find(64), "ranks above banks")
	assert.Equal(t, place{bank: 0, row: 1, column: 0}, m.find(256), "rows above all")
	h, err := parseMapping("rochrababgco", s, true)
	require.NoError(t, err)
	assert.NotEqual(t, h.find(0).bank, h.find(256).bank, "the hash spreads rows")
}

// TestTightGates: a read of a closed bank, of an open row and of a bank with another
// row open take what the standard says, to the cycle.
func TestTightGates(t *testing.T) {
	for _, name := range Presets() {
		p, err := Preset(name)
		require.NoError(t, err)
		s := p.Timing
		read, err := s.Eval(p.Standard.Read)
		require.NoError(t, err)
		rcd := s["tRCD"]
		if s["tRCDRD"] > 0 {
			rcd = s["tRCDRD"] + max(0, s["tACT"]-1)
		}
		rp := s["tRP"] - max(0, s["tACT"]-1)
		c := Config{Mapping: "rochrababgco"}
		m, err := parseMapping(c.Mapping, p.Shape, false)
		require.NoError(t, err)
		var got []int64
		ch, err := New(p, c, func(l Done) { got = append(got, l.Cycle-l.Accepted-1) })
		require.NoError(t, err)
		for i, line := range []int64{0, 1, 1 << m.row.shift} {
			require.NoError(t, ch.Add(Request{Line: line, Count: 1, At: int64(500 * i)}))
		}
		ch.AdvanceTo(int64(s["tREFI"]) - 1)
		assert.Equal(t, []int64{int64(rcd + read), int64(read), int64(rp + rcd + read)}, got, "%s: closed, open, conflict", name)
	}
}

// TestWith: a part with one timing changed leaves the preset alone.
func TestWith(t *testing.T) {
	p, err := Preset("ddr3-1600")
	require.NoError(t, err)
	q, err := p.With("tRCD", 99)
	require.NoError(t, err)
	assert.Equal(t, 99, q.Timing["tRCD"])
	assert.Equal(t, 11, p.Timing["tRCD"])
	_, err = p.With("tRCDD", 1)
	assert.ErrorContains(t, err, `part ddr3-1600 has no timing "tRCDD"; it has CL, CWL, `)
}

// TestAt: times stay at another clock and counts of cycles do, and what was rounded up once is not rounded again.
func TestAt(t *testing.T) {
	p, err := Preset("gddr6-14000")
	require.NoError(t, err)
	q := p.At(4.0 / 9) // 18 Gb/s
	for symbol, want := range map[string]int{"tRRD_S": 9, "tFAW": 36, "tRP": 34, "tRAS": 68, "tRC": 102, "CL": 31, "tBURST": 2, "tCCD_L": 4} {
		assert.Equal(t, want, q.Timing[symbol], symbol)
	}
	for _, name := range Presets() {
		p, err := Preset(name)
		require.NoError(t, err)
		back := p.At(1.37).At(p.TCK)
		assert.Equal(t, p.Timing, back.Timing, name)
	}
	q, err = p.With("tRRD_S", 12)
	require.NoError(t, err)
	assert.Equal(t, 24, q.At(p.TCK / 2).Timing["tRRD_S"], "the changed cycles, not the preset's time")
	assert.Equal(t, 15, p.At(p.TCK / 2).Timing["tRRD_S"], "4 ns of 0.285")
}

// TestIdle: a channel without requests wakes for its refreshes and for nothing else.
func TestIdle(t *testing.T) {
	p, err := Preset("hbm2-2000")
	require.NoError(t, err)
	for _, controller := range []string{"frfcfs", "dramsim3"} {
		ch, err := New(p, Config{Controller: controller}, func(Done) {})
		require.NoError(t, err)
		wakes := 0
		for ch.Next() < 3900*100+1 {
			ch.AdvanceTo(ch.Next() + 1)
			wakes++
		}
		assert.Equal(t, int64(100), ch.Counters().Refreshes)
		assert.Equal(t, 100, wakes, controller)
		assert.Zero(t, ch.Counters().Active)
	}
}

// TestNoGarbage: in a steady state no line costs an allocation.
func TestNoGarbage(t *testing.T) {
	p, err := Preset("ddr4-2400")
	require.NoError(t, err)
	for _, controller := range []string{"frfcfs", "dramsim3"} {
		for _, pattern := range []string{"seq", "randmix21", "mix21"} {
			c := Config{Controller: controller}
			ch, err := New(p, c, func(Done) {})
			require.NoError(t, err)
			traffic, err := NewTraffic(pattern, 1<<40, 0, p, c)
			require.NoError(t, err)
			lines := func() {
				for ch.Counters().Accepted%5000 != 4999 {
					if ch.CanAccept() {
						r, _ := traffic.Next()
						r.Count = min(r.Count, 1000)
						if err := ch.Add(r); err != nil {
							t.Fatal(err)
						}
					}
					ch.cycle(ch.wake)
				}
				ch.cycle(ch.wake)
			}
			lines()
			assert.LessOrEqual(t, testing.AllocsPerRun(3, lines), 1.0, "%s %s: allocations for 5000 lines", controller, pattern)
		}
	}
}

func ExampleChannel() {
	p, _ := Preset("ddr4-2400")
	ch, _ := New(p, Config{Mapping: "rochrababgco"}, func(l Done) { fmt.Println("line", l.Line, "at", l.Cycle) })
	ch.Watch(func(c Command) { fmt.Println(c) })
	_ = ch.Add(Request{Line: 0, Count: 2, Stride: 128})
	ch.AdvanceTo(100)
	// Output:
	// 1 ACT rank 0 group 0 bank 0 row 0x0 column 0x0
	// 5 ACT rank 0 group 1 bank 0 row 0x0 column 0x0
	// 18 RD rank 0 group 0 bank 0 row 0x0 column 0x0
	// line 0 at 39
	// 22 RD rank 0 group 1 bank 0 row 0x0 column 0x0
	// line 128 at 43
}
