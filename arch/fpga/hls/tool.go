package hls

// Tool is a synthesis tool: what it thinks operations take, and what it keeps of the clock
// period. All figures are of 16-bit operands on UltraScale+ parts.
type Tool struct {
	Name string
	// Margin is the share of the clock period that is kept back for wires.
	Margin float64
	// Nanoseconds of a multiplication (with the addition of a bias in the same DSP slice),
	// an addition, a comparison that selects, one that finds the greater of two, and of
	// one side of a FIFO.
	Multiply, Add, Select, Greater, FIFO float64
	// Table is the edges from an argument to the value a table has for it: address,
	// block RAM, and the tool's choice of registers about it.
	Table int64
	// Divide is the edges of a division by what is no constant, on top of one a bit; 0: such
	// divisions are turned into constants.
	Divide int64
	// Rewinds tells whether a function or loop takes the next call while the one before is
	// still on its way through.
	Rewinds bool
}

// Tools are the tools by name. Delays are differences of estimated periods in
// [hls4ml, test/pytest/baselines]: a leaky rectifier behind a product 1.940 (the
// multiplication alone), any other 3.018 (with a select), a mean of two 0.785, a
// maximum of four 3.370 (Vivado) and 3.084 (two comparisons in a row), a product between
// two FIFOs 3.398 and 3.275. Margins are the tools' defaults, 12.5 and 27 %.
var Tools = map[string]Tool{
	"vivado": {Name: "vivado", Margin: 0.125, Multiply: 1.940, Add: 0.785, Select: 1.078, Greater: 1.685, FIFO: 1.458,
		Table: 2, Divide: 5, Rewinds: true},
	"vitis": {Name: "vitis", Margin: 0.27, Multiply: 1.940, Add: 0.785, Select: 1.078, Greater: 1.542, FIFO: 1.335,
		Table: 3},
}
