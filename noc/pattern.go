package noc

import (
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
)

// pattern gives the receiver of a sender's next packet.
type pattern func(src int, rng *rand.Rand) int

// shape is what patterns are made from: the number of nodes, and the sizes whose
// digits name a node.
type shape struct {
	nodes int
	sizes []int
	hot   []int
	seed  uint64
}

// patterns are the synthetic patterns of [booksim2] and [dally-towles-2004] §3.2,
// with what each needs of the number of nodes.
var patterns = []struct {
	name  string
	needs func(nodes int) string // "" if it will do
	make  func(shape) pattern
}{
	{"uniform", anyNodes, func(s shape) pattern {
		return func(_ int, r *rand.Rand) int { return r.IntN(s.nodes) }
	}},
	{"bitcomp", powerOfTwo, fixed(func(s shape, src int) int { return ^src & (s.nodes - 1) })},
	{"bitrev", powerOfTwo, fixed(func(s shape, src int) int {
		return int(bits.Reverse64(uint64(src)) >> (64 - lg(s.nodes)))
	})},
	{"shuffle", powerOfTwo, fixed(func(s shape, src int) int {
		return src<<1&(s.nodes-1) | src>>(lg(s.nodes)-1)&1
	})},
	{"transpose", powerOfFour, fixed(func(s shape, src int) int {
		half := lg(s.nodes) / 2
		return src>>half | src<<half&(s.nodes-1)
	})},
	{"tornado", anyNodes, fixed(func(s shape, src int) int {
		return s.move(src, func(k int) int { return (k+1)/2 - 1 })
	})},
	{"neighbor", anyNodes, fixed(func(s shape, src int) int {
		return s.move(src, func(int) int { return 1 })
	})},
	{"randperm", anyNodes, func(s shape) pattern {
		perm := rand.New(rand.NewPCG(s.seed, 2)).Perm(s.nodes)
		return func(src int, _ *rand.Rand) int { return perm[src] }
	}},
	{"diagonal", anyNodes, func(s shape) pattern {
		return func(src int, r *rand.Rand) int {
			if r.IntN(3) == 0 {
				return (src + 1) % s.nodes
			}
			return src
		}
	}},
	{"asymmetric", even, func(s shape) pattern {
		return func(src int, r *rand.Rand) int { return src%(s.nodes/2) + r.IntN(2)*(s.nodes/2) }
	}},
	{"taper64", sixtyFour, func(s shape) pattern {
		return func(src int, r *rand.Rand) int {
			if r.IntN(2) == 0 {
				return r.IntN(64)
			}
			return (64 + src + 8*(r.IntN(3)-1) + r.IntN(3) - 1) % 64
		}
	}},
	{"hotspot", anyNodes, func(s shape) pattern {
		return func(_ int, r *rand.Rand) int { return s.hot[r.IntN(len(s.hot))] }
	}},
}

// fixed makes a pattern of a permutation.
func fixed(f func(shape, int) int) func(shape) pattern {
	return func(s shape) pattern {
		return func(src int, _ *rand.Rand) int { return f(s, src) }
	}
}

// move adds to each digit of a node's name.
func (s shape) move(src int, by func(k int) int) int {
	dst, stride := 0, 1
	for _, k := range s.sizes {
		dst += (src/stride + by(k)) % k * stride
		stride *= k
	}
	return dst
}

func lg(n int) int { return bits.Len(uint(n)) - 1 }

func anyNodes(int) string { return "" }
func powerOfTwo(n int) string {
	return unless(n >= 2 && n&(n-1) == 0, "a power of two")
}
func powerOfFour(n int) string {
	return unless(n&(n-1) == 0 && lg(n)%2 == 0, "a power of four")
}
func even(n int) string      { return unless(n%2 == 0, "an even number") }
func sixtyFour(n int) string { return unless(n == 64, "64") }
func unless(ok bool, text string) string {
	if ok {
		return ""
	}
	return text
}

// Patterns are the names a Traffic may give.
func Patterns() []string {
	var names []string
	for _, p := range patterns {
		names = append(names, p.name)
	}
	return names
}

// newPattern finds a pattern for a network.
func newPattern(name string, s shape) (pattern, error) {
	if name == "neighbour" {
		name = "neighbor"
	}
	for _, p := range patterns {
		if p.name != name {
			continue
		}
		if need := p.needs(s.nodes); need != "" {
			return nil, fmt.Errorf("noc: pattern %s needs %s of nodes, the network has %d", name, need, s.nodes)
		}
		if name == "hotspot" && (len(s.hot) == 0 || slices.Min(s.hot) < 0 || slices.Max(s.hot) >= s.nodes) {
			return nil, fmt.Errorf("noc: pattern hotspot has hot nodes %v, needs at least one of 0 to %d", s.hot, s.nodes-1)
		}
		return p.make(s), nil
	}
	return nil, fmt.Errorf("noc: pattern %q is not known; there are %s", name, strings.Join(Patterns(), ", "))
}

// digits are the sizes whose digits name a node of this network.
func (g *graph) digits() []int {
	if g.grid != nil {
		return g.grid.size
	}
	if g.config.Topology == Tree || g.config.Topology == FatTree {
		list := make([]int, g.config.Size[1])
		for i := range list {
			list[i] = g.config.Size[0]
		}
		return list
	}
	return []int{g.nodes}
}
