package nestmodel

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Fault is what is wrong with a mapping's text.
type Fault struct {
	File string
	Line int
	What string
}

func (f Fault) Error() string {
	if f.Line == 0 {
		return f.File + ": " + f.What
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.What)
}

var (
	levelLine = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*) \[(.*)\]\s*$`)
	loopLine  = regexp.MustCompile(`^\|\s*for ([A-Z]) in \[0:(\d+)(,\d+)?\)(?: \(Spatial-([XY])\))?\s*$`)
	keptWord  = regexp.MustCompile(`([A-Za-z]+):(\d+) \(\d+\)`)
)

// ReadText reads the loop nest that Timeloop prints (timeloop-model.map.txt). The
// bounds of the problem are the products of the factors; strides follow from the
// size of the inputs that the outermost level's line gives.
func ReadText(file string, text []byte) (*Nest, error) {
	n := &Nest{}
	var inputs int64
	in := bufio.NewScanner(bytes.NewReader(text))
	for line := 1; in.Scan(); line++ {
		s := strings.TrimRight(in.Text(), " \r")
		fault := func(format string, args ...any) error { return Fault{file, line, fmt.Sprintf(format, args...)} }
		switch m, l := levelLine.FindStringSubmatch(s), loopLine.FindStringSubmatch(s); {
		case strings.Trim(s, "- ") == "":
		case m != nil:
			t := Tiling{Level: m[1]}
			for _, w := range keptWord.FindAllStringSubmatch(m[2], -1) {
				tensor, ok := tensorOf(w[1])
				if !ok {
					return nil, fault("%s: no tensor of a convolution; write Weights, Inputs or Outputs", w[1])
				}
				if t.Keeps[tensor] = true; tensor == Inputs && inputs == 0 {
					inputs, _ = strconv.ParseInt(w[2], 10, 64)
				}
			}
			n.Tilings = append(n.Tilings, t)
		case l != nil && len(n.Tilings) == 0:
			return nil, fault("a loop stands before any level; begin with a line such as `DRAM [ Weights:9 (9) ]`")
		case l != nil:
			if l[3] != "" {
				return nil, fault("%s: factors that do not divide are not counted here; give one that does", s)
			}
			if err := n.Tilings[len(n.Tilings)-1].add(l[1][0], l[2], l[4]); err != nil {
				return nil, fault("%v", err)
			}
		default:
			return nil, fault("%q: neither a level, nor a loop such as `| for C in [0:4)`", short(s))
		}
	}
	if err := in.Err(); err != nil {
		return nil, Fault{file, 0, err.Error()}
	}
	if len(n.Tilings) == 0 || len(n.Tilings) > MaxLevels {
		return nil, Fault{file, 0, fmt.Sprintf("%d levels are mapped; a nest has 1 to %d", len(n.Tilings), MaxLevels)}
	}
	slices.Reverse(n.Tilings)
	return n, n.infer(file, inputs)
}

func short(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

// add appends a loop, the next one inward.
func (t *Tiling) add(letter byte, steps, axis string) error {
	d, ok := dimOf(letter)
	if !ok {
		return fmt.Errorf("for %c: a convolution has no such dimension; it has N, C, M, R, S, P and Q", letter)
	}
	count, err := strconv.Atoi(steps)
	if err != nil || count < 1 || count > 1<<24 {
		return fmt.Errorf("for %c in [0:%s): write a number from 1 to %d", letter, steps, 1<<24)
	}
	l := Loop{Dim: d, Steps: count}
	switch {
	case axis != "":
		l.Axis = axis[0]
		t.Spatial = append(t.Spatial, l)
	case len(t.Spatial) > 0:
		return fmt.Errorf("for %c: a temporal loop stands inside a spatial one of the same level", letter)
	default:
		t.Temporal = append(t.Temporal, l)
	}
	return nil
}

// infer sets the problem from the factors and the words of the inputs.
func (n *Nest) infer(file string, inputs int64) error {
	n.Problem = Problem{Bound: n.bounds(), StrideH: 1, StrideW: 1, DilH: 1, DilW: 1}
	total := 1.0
	for _, b := range n.Problem.Bound {
		if total *= float64(b); total > 1<<56 {
			return Fault{file, 0, "the loops make more than 2^56 steps"}
		}
	}
	if inputs == 0 {
		return nil
	}
	const widest = 16
	for stride := 1; stride <= widest; stride++ {
		n.Problem.StrideH, n.Problem.StrideW = stride, stride
		if n.Problem.Size(Inputs) == inputs {
			return nil
		}
	}
	return Fault{file, 0, fmt.Sprintf("no stride from 1 to %d gives the %d words of Inputs that the outermost level has; give the convolution with --workload", widest, inputs)}
}
