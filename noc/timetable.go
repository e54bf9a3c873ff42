package noc

import "nnsim/unit"

// timetable fills in the rows of the recurrence, from the head's, until they repeat.
func (n *Network) timetable(t *train) bool {
	depth := int64(n.config.BufferFlits)
	for i := int64(1); i < t.flits; i++ {
		row := make([]unit.Edge, len(t.stops)+1)
		for k := range row {
			at := n.now
			if k > 0 {
				at = row[k-1] + n.flitDelay(&n.links[t.stops[k-1].link])
			}
			if k < len(t.stops) {
				at = n.room(t, k, i, max(at, t.rows[i-1][k]+1))
			}
			if row[k] = at; at < n.now {
				return false
			}
		}
		t.rows = append(t.rows, row)
		if t.repeats(depth) {
			t.period, t.shift = depth, row[0]-t.rows[i-depth][0]
			return true
		}
	}
	return true
}

// room is the first edge from `at` on at which flit i has a credit for link k. It
// comes back from the flit B before it on the channel, the train's own or that of
// the train ahead. An edge in the past says that this is not known, because the
// train ahead is shorter than the buffer.
func (n *Network) room(t *train, k int, i int64, at unit.Edge) unit.Edge {
	depth := int64(n.config.BufferFlits)
	back := n.creditDelay(&n.links[t.stops[k].link])
	if i >= depth {
		return max(at, t.rows[i-depth][k+1]+back)
	}
	ahead, j := n.ahead(t.stops[k])
	if ahead == nil {
		return at
	}
	if f := ahead.flits - depth + i; f >= 0 {
		return max(at, ahead.sent(j+1, f)+back)
	}
	return n.now - 1
}

// ahead is the last train that has a link's channel, and where on its way that is.
func (n *Network) ahead(st stop) (*train, int) {
	list := n.express.of[st.link]
	for x := len(list) - 1; x >= 0; x-- {
		for k, other := range list[x].stops {
			if other == st {
				return list[x], k
			}
		}
	}
	return nil, 0
}

// repeats tells whether the last `depth` rows are those before them, all later by the same.
func (t *train) repeats(depth int64) bool {
	n := int64(len(t.rows))
	if n < 2*depth {
		return false
	}
	shift := t.rows[n-1][0] - t.rows[n-1-depth][0]
	for i := n - depth; i < n; i++ {
		for k, at := range t.rows[i] {
			if at-t.rows[i-depth][k] != shift {
				return false
			}
		}
	}
	return true
}
