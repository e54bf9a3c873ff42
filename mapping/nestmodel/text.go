package nestmodel

import (
	"fmt"
	"strings"
)

// String is the nest in the notation of Timeloop: each level with the tensors it
// keeps and their words, below it its loops. ReadText reads it.
func (n *Nest) String() string {
	var b strings.Builder
	indent := ""
	project := n.Problem.projections()
	for i := len(n.Tilings) - 1; i >= 0; i-- {
		t, extent := &n.Tilings[i], n.extent(i)
		head := t.Level + " [ "
		for k := range Tensor(Tensors) {
			if t.Keeps[k] {
				sides := project[k].box(&extent)
				head += fmt.Sprintf("%v:%d (%d) ", k, volume(&sides), volume(&sides))
			}
		}
		fmt.Fprintf(&b, "%s] \n%s\n", head, strings.Repeat("-", len(head)+1))
		for _, loops := range [2][]Loop{t.Temporal, t.Spatial} {
			for _, l := range loops {
				fmt.Fprintf(&b, "| %sfor %v in [0:%d)%s\n", indent, l.Dim, l.Steps, axisText(l.Axis))
				indent += "  "
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func axisText(axis byte) string {
	if axis == 0 {
		return ""
	}
	return fmt.Sprintf(" (Spatial-%c)", axis)
}
