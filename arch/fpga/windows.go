package fpga

import (
	"sync"

	"nnsim/arch/fpga/stream"
)

// windows are the cycles a frame of window generators by themselves, each simulated once
// for all designs of a network.
type windows struct {
	sync.Mutex
	known map[stream.Window]int64
}

// interval is that of one.
func (w *windows) interval(one stream.Window) (int64, error) {
	w.Lock()
	alone := w.known[one]
	w.Unlock()
	if alone > 0 {
		return alone, nil
	}
	alone, err := windowInterval(one)
	if err != nil {
		return 0, err
	}
	w.Lock()
	defer w.Unlock()
	if w.known == nil {
		w.known = map[stream.Window]int64{}
	}
	w.known[one] = alone
	return alone, nil
}

// windowInterval is the cycles from frame to frame of a window generator between ports that
// never wait: of the first, as each begins in the cycle after its predecessor's last.
func windowInterval(w stream.Window) (int64, error) {
	p, in, out := stream.New(), stream.NewSupply("in", 1, w.In()), stream.NewDrain("out", 1, w.Out())
	if err := p.Window("window", w, in, out); err != nil {
		return 0, err
	}
	r, err := p.Run(in, out, 1)
	if err != nil {
		return 0, err
	}
	return max(r.LastIn[0], r.LastOut[0]), nil
}
