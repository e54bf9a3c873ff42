package onnx

import (
	"fmt"
	"strings"

	"nnsim/workloads"
)

// states of a node while the graph is walked.
const (
	unseen  = iota
	waiting // on the way from a user to its producers
	done
)

// order sorts the nodes so that every node comes after those that make its
// inputs. A file that is in order keeps its order. A cycle is an error that names
// the nodes in it. The walk keeps its own stack, for a chain may be long.
func (im *importer) order() error {
	state := map[*workloads.Node]int{}
	sorted := make([]*workloads.Node, 0, len(im.graph.Nodes))
	type step struct {
		node  *workloads.Node
		input int // the next one to follow
	}
	for _, root := range im.graph.Nodes {
		stack := []step{{node: root}}
		if state[root] == done {
			continue
		}
		state[root] = waiting
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if top.input == len(top.node.In) {
				state[top.node] = done
				sorted = append(sorted, top.node)
				stack = stack[:len(stack)-1]
				continue
			}
			before := im.maker[top.node.In[top.input]]
			top.input++
			switch {
			case before == nil || state[before] == done:
			case state[before] == waiting:
				var names []string
				for i := len(stack) - 1; i >= 0; i-- {
					names = append(names, stack[i].node.Name)
					if stack[i].node == before {
						break
					}
				}
				return cycle(names)
			default:
				state[before] = waiting
				stack = append(stack, step{node: before})
			}
		}
	}
	im.graph.Nodes = sorted
	return nil
}

// cycle is the error for nodes that wait for each other, each listed before the
// one that uses it.
func cycle(names []string) error {
	if len(names) > 12 {
		names = append(names[:12:12], fmt.Sprintf("(%d more)", len(names)-12))
	}
	return fmt.Errorf("the graph has a cycle through node %s", strings.Join(names, ", "))
}
