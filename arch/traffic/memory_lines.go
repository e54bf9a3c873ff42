package traffic

import (
	"nnsim/mem/dram"
	"nnsim/unit"
	"nnsim/workloads/catalog"
)

// lines hands out the lines of a stream one by one.
type lines interface {
	// next is a line's address, whether it is written, and the edge from which it is offered.
	next() (addr int64, write bool, at unit.Edge, ok bool)
}

// requestLines are the lines of a stream of requests, and transferLines those of bytes.
type (
	requestLines struct {
		source *dram.Traffic
		left   dram.Request
		line   int64
	}
	transferLines struct {
		list     *transfers
		at, left int64
		write    bool
		line     int64
	}
)

// lines makes the list of a stream's lines.
func (m *Memory) lines(s catalog.Stream) (lines, error) {
	line := int64(m.core.Part.Shape.LineBytes)
	if s.Requests > 0 {
		source, err := m.traffic(s)
		return &requestLines{source: source, line: line}, err
	}
	list, err := newTransfers(s, m.bytes())
	return &transferLines{list: list, line: line}, err
}

func (l *requestLines) next() (addr int64, write bool, at unit.Edge, ok bool) {
	if l.left.Count == 0 {
		if l.left, ok = l.source.Next(); !ok {
			return 0, false, 0, false
		}
	}
	r := l.left
	l.left.Line += r.Stride
	l.left.Count--
	return r.Line * l.line, r.Write, r.At, true
}

func (l *transferLines) next() (addr int64, write bool, at unit.Edge, ok bool) {
	if l.left <= 0 {
		if l.at, l.left, l.write, ok = l.list.take(); !ok {
			return 0, false, 0, false
		}
	}
	addr = l.at
	l.at, l.left = l.at+l.line, l.left-l.line
	return addr, l.write, 0, true
}
