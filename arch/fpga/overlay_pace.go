package fpga

// follow takes a cut's steps through a core as core.go does, with ports that move bytes at
// their rate and answer after a latency: no bursts, no other cores, no row of the memory.
func (m *Machine) follow(l *layer, c *cut) float64 {
	one := *l
	one.cut = c
	p := program{m: m, groups: l.groups}
	rate, latency := m.portRate(l)
	var reads, writes float64                   // until when each direction of the ports is taken
	var computed, weightsFree, actsFree float64 // the products before, and before the last load of each operand
	var stored [2]float64                       // the last two stores
	load := func(free, bytes float64) float64 {
		reads = max(reads, free) + bytes/rate
		return reads + latency
	}
	p.each(&programLayer{layer: &one}, func(s *step) {
		if s.empty() {
			return
		}
		begin := computed
		if s.weights > 0 {
			if s.alone {
				weightsFree = computed
			}
			begin, weightsFree = max(begin, load(weightsFree, float64(s.weights))), computed
		}
		if s.acts > 0 {
			begin, actsFree = max(begin, load(actsFree, float64(s.acts))), computed
		}
		if s.begins {
			begin = max(begin, stored[0])
		}
		computed = begin + float64(s.compute)
		if s.store > 0 {
			writes = max(writes, computed) + float64(s.store)/rate
			stored = [2]float64{stored[1], writes + latency}
		}
	})
	return stored[1]
}
