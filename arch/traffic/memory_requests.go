package traffic

import (
	"fmt"
	"strings"

	"nnsim/mem"
	"nnsim/mem/dram"
	"nnsim/results"
	"nnsim/unit"
	"nnsim/workloads/catalog"
)

// requests runs a stream of single requests in a closed loop: each channel is
// offered its own requests in their order, one a cycle, as fast as it takes them.
func (m *Memory) requests(s catalog.Stream) (*results.Run, error) {
	spread, err := mem.NewInterleave(m.core.Part.Shape, m.core.Control.Mapping, m.core.Channels)
	if err != nil {
		return nil, err
	}
	o := served{}
	channels := make([]*dram.Channel, m.core.Channels)
	for i := range channels {
		source, err := m.traffic(s)
		if err != nil {
			return nil, err
		}
		if channels[i], err = dram.New(m.core.Part, m.core.Control, func(d dram.Done) { o.line(d, spread.Line(d.Line, i)) }); err != nil {
			return nil, err
		}
		mine := &share{source: source, spread: spread, channel: i}
		if err := drive(channels[i], mine, &o); err != nil {
			return nil, fmt.Errorf("channel %d: %w", i, err)
		}
	}
	for _, ch := range channels {
		ch.AdvanceTo(o.end)
		o.count = o.count.Plus(ch.Counters())
	}
	return m.report(o)
}

// traffic makes the generator of a pattern over the whole memory. It looks at
// the shape of one channel alone, so that it is shown one that is as large as all
// together, and has its extra bits on the side of the row that the channel's are on.
func (m *Memory) traffic(s catalog.Stream) (*dram.Traffic, error) {
	p, mapping := m.core.Part, m.core.Control.Mapping
	switch row := strings.Index(mapping, "ro"); {
	case strings.Index(mapping, "ch") < row:
		p.Shape.Rows *= m.core.Channels
	case strings.Index(mapping, "co") > row:
		p.Shape.RowBytes *= m.core.Channels
	default:
		p.Shape.Banks *= m.core.Channels
	}
	t, err := dram.NewTraffic(s.Pattern, s.Requests, s.Gap, p, m.core.Control)
	if err == nil && s.Within > 0 {
		if s.Within%unit.Bytes(p.Shape.LineBytes) != 0 {
			return nil, fmt.Errorf("stream: within=%v is no multiple of the %d B of a line", s.Within, p.Shape.LineBytes)
		}
		err = t.Within(int64(s.Within) / int64(p.Shape.LineBytes))
	}
	return t, err
}

// share is the part of a stream that lies on one channel.
type share struct {
	source  *dram.Traffic
	spread  mem.Interleave
	channel int
}

// next is the channel's next request, in its own lines.
func (s *share) next() (dram.Request, bool) {
	for {
		r, ok := s.source.Next()
		if !ok {
			return r, false
		}
		first := s.spread.Before(r.Line, s.channel)
		if r.Count = s.spread.Before(r.Line+r.Count, s.channel) - first; r.Count > 0 {
			r.Line = first
			return r, true
		}
	}
}

// drive runs a channel until it has served all it is offered, and all reads have completed.
func drive(ch *dram.Channel, s *share, o *served) error {
	for more := true; ; {
		for more && ch.CanAccept() {
			var r dram.Request
			if r, more = s.next(); more {
				if err := ch.Add(r); err != nil {
					return err
				}
			}
		}
		reads, writes, queued := ch.Left()
		if !more && !queued && reads == 0 {
			return nil
		}
		if since := ch.Now() - o.latest; since > 1<<30 && reads+writes > 0 {
			return fmt.Errorf("deadlock at cycle %d: %d reads and %d writes wait, and no line has moved for %d cycles", ch.Now(), reads, writes, since)
		}
		if more {
			ch.AdvanceUntilRoom()
		} else {
			ch.AdvanceTo(ch.Next() + 1)
		}
	}
}

// served is what has become of a stream.
type served struct {
	reads, writes int64 // lines
	hash          uint64
	took          tally // reads by their cycles from acceptance to data
	end           unit.Edge
	latest        unit.Edge // when a line was last done
	count         dram.Counters
	events        int64

	stats  *results.Stats // of a cache in front
	onChip *results.OnChip
}

// line takes a line that has been served. A run ends one cycle after the last is done.
func (o *served) line(d dram.Done, line int64) {
	o.end, o.latest = max(o.end, d.Cycle+1), d.Cycle
	if d.Write {
		o.writes++
		return
	}
	o.reads++
	o.hash += dram.Mix(line, d.Cycle)
	o.took.add(d.Cycle - d.Accepted)
}

// latencies are the mean, the 99th percentile and the maximum, in cycles. The mean leaves
// out the cycle of acceptance, as that of DRAMsim3 does.
func (o *served) latencies() (mean, p99, most float64) {
	mean, p99, most = o.took.figures()
	return mean - 1, p99, most
}
