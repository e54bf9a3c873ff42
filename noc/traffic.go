package noc

import (
	"fmt"

	"nnsim/unit"
)

// Traffic is synthetic traffic: every node offers packets at random, at a rate,
// and each edge is measured as [booksim2] does. After Warmup periods, packets that
// come to be are marked, for periods until the mean latency and the accepted rate
// have changed by less than 5 % from one period to the next three times in a row,
// or until Samples periods have passed in all; at low rates for as long as it takes
// to measure Packets packets. Then the network runs, still
// offered traffic, until every marked packet has arrived. A mean latency beyond
// Limit at the end of a period stops the run: the load is past saturation.
type Traffic struct {
	Pattern   string  // see Patterns
	Rate      float64 // flits offered by each node each cycle
	Flits     int     // of each packet
	Seed      uint64
	Receivers int         // of each packet, different nodes drawn evenly; 0 and 1: the one that the pattern names
	Hotspots  []int       // receivers of pattern hotspot, equally likely
	Period    unit.Cycles // length of a measuring period
	Warmup    int         // periods before measuring
	Samples   int         // periods at most, with those of the warm-up
	Packets   int         // to be measured at least, however many periods that takes
	Limit     float64     // cycles of mean latency taken for saturation
}

// Measured are the results of a run of synthetic traffic. Latencies are in cycles.
type Measured struct {
	Stable      bool    // false: past saturation; latencies then say nothing
	Packets     int     // marked
	MeanLatency float64 // from a packet's birth to its tail's arrival
	P99Latency  float64
	MaxLatency  float64
	MinLatency  float64
	MeanNetwork float64 // the same from when its head left the node
	Accepted    float64 // flits received per node and cycle, while measuring
	Offered     float64 // flits that came to be per node and cycle, while measuring
	Routers     float64 // mean number on a packet's way: hops and one
	Cycles      unit.Cycles
	Counts      Counts
	Work        int64
}

// DefaultTraffic is uniform traffic of single flits, measured over periods of 1,000 cycles.
func DefaultTraffic() Traffic {
	return Traffic{Pattern: "uniform", Rate: 0.1, Flits: 1, Seed: 1, Period: 1000, Warmup: 3, Samples: 10, Packets: 5000, Limit: 500}
}

// Validate tells what is wrong with traffic whatever the network, or nil.
func (t Traffic) Validate() error {
	switch {
	case t.Flits < 1 || t.Flits > 1<<20:
		return fmt.Errorf("noc: traffic.flits is %d, must be 1 to 2^20", t.Flits)
	case !(t.Rate > 0 && t.Rate <= float64(t.Flits)):
		return fmt.Errorf("noc: traffic.rate is %g flits/node/cycle, must be above 0 and at most %d, a packet a cycle", t.Rate, t.Flits)
	case t.Receivers > 1 && t.Pattern != "uniform":
		return fmt.Errorf("noc: traffic.receivers is %d with pattern %s, must be 1: several receivers are drawn as uniform draws one", t.Receivers, t.Pattern)
	case t.Period < 1:
		return fmt.Errorf("noc: measure.period is %d cycles, must be at least 1", t.Period)
	case t.Warmup < 0 || t.Samples <= t.Warmup:
		return fmt.Errorf("noc: measure.samples is %d, must be more than the %d of the warm-up", t.Samples, t.Warmup)
	case t.Packets < 0 || t.Packets > 1<<24:
		return fmt.Errorf("noc: measure.packets is %d, must be 0 to 2^24", t.Packets)
	case !(t.Limit > 0):
		return fmt.Errorf("noc: measure.limit is %g cycles, must be above 0", t.Limit)
	}
	return nil
}

// Run offers traffic to a network of its own.
func (t Traffic) Run(c Config) (Measured, error) {
	if err := t.Validate(); err != nil {
		return Measured{}, err
	}
	n, err := New(c)
	if err != nil {
		return Measured{}, err
	}
	m, err := newMeter(t, n)
	if err != nil {
		return Measured{}, err
	}
	return m.run()
}
