package hls

import "fmt"

// Function is one layer as the tool builds it.
type Function struct {
	Trips    int64 // of its loop; 1: no loop
	Interval int64 // cycles from one trip to the next: the reuse of its multipliers
	Body     Chain // of one trip
	Period   float64
	Tool     Tool
	Looped   bool // a loop, even of one trip
}

// Latency is the cycles from the start of a call to its end.
func (f *Function) Latency() int64 {
	edges := f.Tool.Edges(f.Body, f.Period)
	if !f.Looped {
		return edges + f.Interval - 1
	}
	return f.Trips*f.Interval + 1 + edges
}

// Again is the cycles from one call to the next. A function of one trip is pipelined as a
// whole by tools that rewind; a loop between FIFOs is left before it is entered again.
func (f *Function) Again(fifos bool) int64 {
	switch {
	case !f.Looped && (f.Tool.Rewinds || !fifos):
		return f.Interval
	case f.Looped && f.Tool.Rewinds && !fifos:
		return f.Trips * f.Interval
	}
	return f.Latency() + 1
}

// Reuse is the valid reuse factor nearest to the one asked for: the multiplications of in × out
// must come out even on the multipliers [hls4ml].
func Reuse(in, out, want int) int {
	best := 1
	for rf := 1; rf <= in*out; rf++ {
		if near := distance(rf, want) < distance(best, want); near && even(in, out, rf) {
			best = rf
		}
		if rf > 2*want+in {
			break
		}
	}
	return best
}

func distance(a, b int) int { return max(a-b, b-a) }

// even tells whether a reuse factor is valid.
func even(in, out, rf int) bool {
	multipliers := (in*out + min(in, rf) - 1) / min(in, rf)
	return (multipliers%out == 0 || rf >= in) && (rf%in == 0 || rf < in) && in*out%rf == 0
}

func (f *Function) String() string {
	return fmt.Sprintf("%d × %d cycles, %d deep", f.Trips, f.Interval, f.Tool.Edges(f.Body, f.Period))
}
