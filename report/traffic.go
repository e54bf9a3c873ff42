package report

import "fmt"

// tensors is what off-chip bytes are, in the order they are drawn; fields are those of the report.
var tensors = []struct{ field, name, class string }{
	{"weights", "weights", "weights"}, {"inputs", "activations read", "inputs"},
	{"outputs", "activations written", "outputs"}, {"partial_sums", "partial sums", "sums"},
}

// traffic lists what the off-chip bytes of a run were.
func (p *page) traffic(i int) {
	r := p.runs[i]
	if len(r.DRAM.ByTensor) == 0 {
		return
	}
	all := float64(r.DRAM.ReadBytes + r.DRAM.WriteBytes)
	p.WriteString("<h3>Off-chip bytes by tensor</h3>\n<table>\n<thead><tr><th></th><th>read</th><th>written</th><th>share</th></tr></thead>\n<tbody>\n")
	for _, t := range tensors {
		m, ok := r.DRAM.ByTensor[t.field]
		if !ok {
			continue
		}
		fmt.Fprintf(p, "<tr><th><span class=\"key bg-%s\"></span>%s</th>", t.class, t.name)
		for _, q := range []struct {
			field string
			bytes int64
		}{{"read_bytes", m.ReadBytes}, {"write_bytes", m.WriteBytes}} {
			fmt.Fprintf(p, "<td data-run=\"%d\"%s</td>", i, cell(fmt.Sprintf("dram.by_tensor.%s.%s", t.field, q.field), exact(float64(q.bytes)), bytesOf(q.bytes)))
		}
		fmt.Fprintf(p, "<td>%s</td></tr>\n", percent(share(float64(m.ReadBytes+m.WriteBytes), all)))
	}
	p.WriteString("</tbody></table>\n")
}
