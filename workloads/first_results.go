package workloads

import "fmt"

// allResults are the operators whose every result machines compute; of others they
// compute the first.
var allResults = map[string]bool{"Split": true, "Attention": true}

// onlyFirstResults takes off the graph's outputs what no machine computes: a mask, the mean
// of a normalisation, the place of a maximum. What a node reads of that kind, and a
// graph with no other output, is refused. It returns what it took off.
func onlyFirstResults(g *Graph) (left []string, err error) {
	made := map[*Tensor]bool{}
	for _, t := range g.Inputs {
		made[t] = true
	}
	for _, n := range g.Nodes {
		for _, t := range n.In {
			if t != nil && t.Role != Weight && !made[t] {
				return nil, fmt.Errorf("node %v reads %s, which is not the first result of its operator; machines compute no other", n, t.Name)
			}
		}
		for i, t := range n.Out {
			if i == 0 || allResults[n.Op] {
				made[t] = true
			}
		}
	}
	kept := g.Outputs[:0]
	for _, t := range g.Outputs {
		if made[t] || t.Role == Weight {
			kept = append(kept, t)
		} else {
			left = append(left, t.Name)
		}
	}
	if len(kept) == 0 {
		return nil, fmt.Errorf("output %s is not the first result of its operator, and machines compute no other; make one that is an output of the graph", left[0])
	}
	g.Outputs = kept
	return left, nil
}
