package thermal

import (
	"gonum.org/v1/gonum/mat"

	"nnsim/unit"
)

// State is the temperature of every node: the blocks' first, layer by layer from
// the silicon down.
type State struct{ nodes *mat.VecDense }

// Block is the temperature of a block of silicon.
func (s State) Block(i int) Kelvin { return Kelvin(s.nodes.AtVec(i)) }

// Hottest is the greatest temperature in the silicon of a network.
func (s State) Hottest(n *Network) Kelvin {
	most := s.Block(0)
	for i := range n.Blocks {
		most = max(most, s.Block(i))
	}
	return most
}

// Cold is the state in which everything is as warm as the ambient.
func (n *Network) Cold() State {
	v := mat.NewVecDense(len(n.c), nil)
	for i := range n.c {
		v.SetVec(i, float64(n.pack.Ambient))
	}
	return State{v}
}

// Steady is the state that powers, one for each block, lead to in the end.
func (n *Network) Steady(powers []unit.Watts) (State, error) {
	q, err := n.heat(powers)
	if err != nil {
		return State{}, err
	}
	t := mat.NewVecDense(len(n.c), nil)
	var chol mat.Cholesky
	chol.Factorize(n.g) // positive definite: every node has a way to the ambient
	return State{t}, chol.SolveVecTo(t, q)
}

// Stepper advances a network by steps of one length.
type Stepper struct {
	net     *Network
	stages  int // implicit steps in one
	step    float64
	implied mat.Cholesky
}

// stages is how many parts a step is solved in: enough that the silicon, whose own
// time constant is about a millisecond, is followed through a step of ten.
const stages = 20

// Steps prepares steps of so many seconds.
func (n *Network) Steps(length unit.Seconds) *Stepper {
	s := &Stepper{net: n, stages: stages, step: float64(length) / stages}
	m := mat.NewSymDense(len(n.c), nil)
	m.CopySym(n.g)
	for i, c := range n.c {
		m.SetSym(i, i, m.At(i, i)+c/s.step)
	}
	s.implied.Factorize(m)
	return s
}

// Next is the state after a step in which the blocks draw the given powers. Each
// part is implicit: (C/h + G)·T' = C/h·T + q, which no length of step unsettles.
func (s *Stepper) Next(from State, powers []unit.Watts) (State, error) {
	q, err := s.net.heat(powers)
	if err != nil {
		return State{}, err
	}
	t := mat.VecDenseCopyOf(from.nodes)
	right := mat.NewVecDense(t.Len(), nil)
	for range s.stages {
		for i, c := range s.net.c {
			right.SetVec(i, q.AtVec(i)+c/s.step*t.AtVec(i))
		}
		if err := s.implied.SolveVecTo(t, right); err != nil {
			return State{}, err
		}
	}
	return State{t}, nil
}
