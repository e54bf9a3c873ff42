package experiments

import (
	"sync"

	"nnsim/workloads/catalog"
)

// works opens each workload of a sweep once. A graph is left untouched by the
// runs that share it, which is so only where no values are computed.
type works struct {
	mu   sync.Mutex
	open map[string]*opened
}

// opened is a workload, opened by the first who asks for it.
type opened struct {
	once sync.Once
	work *catalog.Workload
	file string // hash of its file
	err  error
}

func (w *works) get(spec string, seed int64) (*catalog.Workload, string, error) {
	w.mu.Lock()
	if w.open == nil {
		w.open = map[string]*opened{}
	}
	o := w.open[spec]
	if o == nil {
		o = &opened{}
		w.open[spec] = o
	}
	w.mu.Unlock()
	o.once.Do(func() {
		if o.work, o.err = OpenWorkload(spec, seed); o.err == nil {
			o.file, o.err = fileHash(spec)
		}
	})
	return o.work, o.file, o.err
}
