package dram

import "fmt"

// edge is a rule with its delay worked out.
type edge struct {
	to    Kind
	at    Level
	delay int64
}

// spec is a part's table made ready for the machine that walks it.
type spec struct {
	part    Part
	edges   [kinds][]edge // by the command that casts the shadow; the part's own rank
	peers   [kinds][]edge // the same for the other ranks on the data bus
	wires   [kinds][]edge // the same for all ranks of the channel
	windows []window
	read    int64 // from RD to the end of its data
	write   int64
	burst   int64
	mapping mapping
	refi    int64 // between refreshes of a rank; 0: none
	refiPB  int64 // between refreshes bank by bank
}

type window struct {
	acts int
	span int64
}

// resolve evaluates a part's table after checking that it makes sense.
func resolve(p Part) (*spec, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	s := &spec{part: p, burst: int64(p.Timing["tBURST"]), refi: int64(p.Timing["tREFI"]), refiPB: int64(p.Timing["tREFIpb"])}
	for _, r := range p.Standard.Rules {
		d, err := p.Timing.Eval(r.Delay)
		if err != nil {
			return nil, fmt.Errorf("%w (part %s, %s to %s)", err, p.Name, r.From, r.To)
		}
		list := &s.edges
		switch r.At {
		case Peers:
			list = &s.peers
		case Wires:
			list = &s.wires
		}
		if d > 0 {
			list[r.From] = append(list[r.From], edge{r.To, r.At, int64(d)})
		}
	}
	for _, w := range p.Standard.Windows {
		d, err := p.Timing.Eval(w.Span)
		if err != nil {
			return nil, fmt.Errorf("%w (part %s)", err, p.Name)
		}
		s.windows = append(s.windows, window{w.Acts, int64(d)})
	}
	read, err := p.Timing.Eval(p.Standard.Read)
	if err != nil {
		return nil, err
	}
	write, err := p.Timing.Eval(p.Standard.Write)
	s.read, s.write = int64(read), int64(write)
	return s, err
}
