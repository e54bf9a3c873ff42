package dram

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checked runs traffic and gives the commands to a checker of a part, which may
// be another one than that which runs.
func checked(t *testing.T, runs, judged Part, c Config, pattern string, requests int64) ([]Violation, Outcome) {
	t.Helper()
	check, err := NewChecker(judged)
	require.NoError(t, err)
	traffic, err := NewTraffic(pattern, requests, 0, runs, c)
	require.NoError(t, err)
	d := &driver{}
	ch, err := New(runs, c, d.done)
	require.NoError(t, err)
	ch.Watch(check.See)
	out, err := d.run(ch, traffic)
	require.NoError(t, err)
	return check.Found, out
}

// mappings cover columns low, groups low, and all that can be spread.
var mappings = []Config{{Mapping: "rochrababgco"}, {Mapping: "rochrabacobg"}, {Mapping: "rocobarabgch"}, {Mapping: "rochrabacobg", Hash: true}}

// TestNoViolation: whatever the part, the mapping, the controller and the kind of
// refresh, no command breaks a rule.
func TestNoViolation(t *testing.T) {
	requests := int64(seeds(1500, 20000))
	for _, name := range Presets() {
		t.Run(name, func(t *testing.T) {
			p, err := Preset(name)
			require.NoError(t, err)
			refreshes := int64(0)
			for i, c := range mappings {
				for _, c.Controller = range []string{"frfcfs", "dramsim3"} {
					for _, c.Refresh = range []string{"all", "bank"} {
						if c.Refresh == "bank" && p.Standard.PerBank == NoREFB {
							continue
						}
						c.Page = []string{"open", "closed"}[i%2]
						for _, pattern := range []string{"randmix21", "mix21", "blk21"} {
							found, out := checked(t, p, p, c, pattern, requests)
							require.Empty(t, found[:min(3, len(found))], "%+v %s", c, pattern)
							refreshes += out.Counters.Refreshes + out.Counters.BankRefreshes
						}
					}
				}
			}
			require.Positive(t, refreshes, "refreshes")
		})
	}
}

// many is how many lines TestMany sends: go test ./mem/dram -run TestMany -lines 1000000
var many = flag.Int64("lines", 0, "lines of random traffic for each standard, mapping and controller in TestMany; 0: skip it")

// TestMany: random reads and writes, as many as one has time for.
func TestMany(t *testing.T) {
	if *many == 0 {
		t.Skip("takes minutes; say how many with -lines")
	}
	for _, name := range Presets() {
		t.Run(name, func(t *testing.T) {
			p, err := Preset(name)
			require.NoError(t, err)
			for _, c := range mappings {
				for _, c.Controller = range []string{"frfcfs", "dramsim3"} {
					found, out := checked(t, p, p, c, "randmix21", *many)
					require.Empty(t, found[:min(3, len(found))], "%+v", c)
					require.Positive(t, out.Counters.Refreshes)
				}
			}
		})
	}
}

// TestRanks: the same with several ranks, which share a data bus.
func TestRanks(t *testing.T) {
	for _, name := range []string{"ddr3-1600", "ddr4-2400", "lpddr4-2400", "hbm2-2000"} {
		p, err := Preset(name)
		require.NoError(t, err)
		p.Shape.Ranks = 2
		for _, c := range mappings {
			for _, c.Controller = range []string{"frfcfs", "dramsim3"} {
				found, _ := checked(t, p, p, c, "randmix21", 4000)
				require.Empty(t, found[:min(3, len(found))], "%s %+v", name, c)
			}
		}
	}
}

// TestPlantedViolations: a part that is one cycle too fast in any of its timings
// is found out, by the rule that uses that timing, on streams of its own making.
func TestPlantedViolations(t *testing.T) {
	for _, name := range Presets() {
		p, err := Preset(name)
		require.NoError(t, err)
		for i, r := range p.Standard.Rules {
			need, err := p.Timing.Eval(r.Delay)
			require.NoError(t, err)
			if need <= 0 {
				continue
			}
			at, late := violating(t, p, r, int64(need)-1), violating(t, p, r, int64(need))
			assert.True(t, at, "%s: rule %d, %s to %s by %s, is not found broken", name, i, r.From, r.To, r.Delay)
			assert.False(t, late, "%s: rule %d, %s to %s by %s, is found broken when it is kept", name, i, r.From, r.To, r.Delay)
		}
	}
}

// violating sends a rule's two commands so many cycles apart, with whatever else
// may be wrong, and tells whether that rule is reported.
func violating(t *testing.T, p Part, r Rule, apart int64) bool {
	t.Helper()
	if r.At == Peers {
		p.Shape.Ranks = 2
	}
	check, err := NewChecker(p)
	require.NoError(t, err)
	first := Command{Cycle: 1000, Kind: r.From, Row: 1}
	second := first
	second.Cycle, second.Kind = 1000+apart, r.To
	switch r.At {
	case Group:
		second.Bank = 1
	case Rank:
		second.Group = p.Shape.Groups - 1
		second.Bank = p.Shape.Banks - 1
	case Peers:
		second.Rank = 1
	}
	check.See(first)
	check.Found = nil
	check.See(second)
	want := r.From.String() + " to " + r.To.String() + ", same " + r.At.String() + ": " + r.Delay
	for _, v := range check.Found {
		if v.Rule == want {
			return true
		}
	}
	return false
}

// TestFasterPartsAreFoundOut: a controller that believes a part one cycle faster
// than it is breaks a rule of the true part.
func TestFasterPartsAreFoundOut(t *testing.T) {
	for _, name := range []string{"ddr3-1600", "ddr4-2400", "gddr5-6000", "hbm2-2000", "hbm3-6400", "ddr5-4800", "lpddr5-6400"}[:seeds(4, 7)] {
		p, err := Preset(name)
		require.NoError(t, err)
		for _, symbol := range []string{"tRCD", "tRCDRD", "tRCDWR", "tRAS", "tRP", "tFAW", "tRRD", "tRRD_S", "tRRD_L", "tCCD_L", "tWTR", "tWTR_S", "tWTR_L", "tWR", "tRTP", "tRTRS", "tRFC", "CL", "tPPD"} {
			v, ok := p.Timing[symbol]
			if !ok || v == 0 || slack[name+" "+symbol] {
				continue
			}
			fast, err := p.With(symbol, v-1)
			require.NoError(t, err)
			bad := 0
			for _, c := range []Config{{Controller: "frfcfs", Mapping: "rochrababgco"}, {Controller: "dramsim3", Mapping: "rochrabacobg"}} {
				for _, pattern := range []string{"randmix21", "mix21", "rowconf"} {
					found, _ := checked(t, fast, p, c, pattern, int64(seeds(1500, 5000)))
					bad += len(found)
				}
			}
			assert.Positive(t, bad, "%s with %s = %d instead of %d breaks nothing", name, symbol, v-1, v)
		}
	}
}

// slack are timings that another of the same part always hides.
var slack = map[string]bool{
	"gddr5-6000 tFAW":    true, // four times tRRD
	"lpddr5-6400 tFAW":   true, // four times tRRD_S
	"hbm2-2000 tCCD_L":   true, // the burst
	"lpddr5-6400 tRRD_L": true, // tRRD_S
}

// TestOtherViolations: rows in the wrong state, windows, buses, and refreshes left out.
func TestOtherViolations(t *testing.T) {
	p, err := Preset("gddr5-6000")
	require.NoError(t, err)
	act := func(cycle int64, bank int) Command { return Command{Cycle: cycle, Kind: ACT, Bank: bank, Row: 7} }
	window := func(n int, apart int64) (list []Command) {
		for i := range n {
			list = append(list, act(int64(i)*apart, i%16), Command{Cycle: int64(i)*apart + 1, Kind: PRE, Bank: i % 16})
		}
		return list
	}
	for _, c := range []struct {
		what string
		list []Command
		rule string
	}{
		{"a read of a closed bank", []Command{{Cycle: 9, Kind: RD}}, "RD of a bank without an open row"},
		{"a write to another row", []Command{act(0, 0), {Cycle: 90, Kind: WR, Row: 8}}, "WR of a row that is not open; 0x7 is"},
		{"a second activate", []Command{act(0, 0), act(900, 0)}, "activate of a bank whose row 0x7 is open"},
		{"a refresh over an open row", []Command{act(0, 3), {Cycle: 900, Kind: REF}}, "refresh of a rank with an open row in group 0 bank 3"},
		{"a bank's refresh over its row", []Command{act(0, 3), {Cycle: 900, Kind: REFB, Bank: 3}}, "refresh of a bank with an open row, in group 0"},
		{"five activates", window(5, 9), "5 activates within tFAW"},
		{"thirty-three activates", window(33, 11), "33 activates within t32AW"},
		{"two commands at once", []Command{act(5, 0), {Cycle: 5, Kind: PRE, Bank: 1}}, "two commands on one command bus, or out of order"},
		{"colliding data", []Command{act(0, 0), act(50, 1), {Cycle: 200, Kind: RD, Row: 7}, {Cycle: 201, Kind: RD, Bank: 1, Row: 7}}, "data run into those of the command before"},
		{"no refresh", []Command{{Cycle: 10 * 3800, Kind: PRE}}, "more refreshes outstanding than may be postponed"},
	} {
		check, err := NewChecker(p)
		require.NoError(t, err)
		for _, m := range c.list {
			check.See(m)
		}
		rules := []string{}
		for _, v := range check.Found {
			rules = append(rules, v.Rule)
		}
		assert.Contains(t, rules, c.rule, c.what)
	}
}
