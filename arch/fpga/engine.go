package fpga

import (
	"fmt"

	"nnsim/unit"
)

// Engine is an overlay: one or more cores, each an engine that computes layer after
// layer from external memory, tile after tile, with two buffers of each kind:
//
//	memory ═▶ in[2], weights[2] ─▶ rows × cols (× ins × images) products ─▶ out[2] ═▶ memory
//
// In the loop order "channels" a cycle multiplies cols input channels into rows
// output channels of one pixel; in "pixels", one operand into rows output channels
// of cols pixels; in "blocks", ins input channels into rows output channels of cols pixels.
type Engine struct {
	Rows   int    `key:"rows" min:"1" max:"65536" doc:"output channels computed side by side (Tm, M, OCP)"`
	Cols   int    `key:"cols" min:"1" max:"65536" doc:"input channels (Tn) or pixels (P, PP) side by side"`
	Over   string `key:"over" oneof:"channels,pixels,blocks" doc:"channels: cols are input channels; pixels, blocks: pixels"`
	Ins    int    `key:"ins" optional:"true" min:"1" max:"4096" doc:"over blocks: input channels side by side (ICP); 1 if left out"`
	Images int    `key:"images" optional:"true" min:"1" max:"64" doc:"images side by side, with the same weights; 1 if left out"`
	Lie    string `key:"lie" optional:"true" oneof:"down,any" doc:"over blocks: pixels side by side are below one another, or any of a tile (the default)"`
	Cores  int    `key:"cores" optional:"true" min:"1" max:"64" doc:"engines side by side, each with axi.ports of its own and images of the batch; 1 if left out"`
	Pump   int    `key:"pump" optional:"true" min:"1" max:"4" doc:"clock of the multipliers over that of the rest; 1 if left out"`

	TileH   int        `key:"tileh" min:"0" max:"65536" doc:"output rows of a tile (Tr), with tilew of a convolution, and of a matrix tileh × tilew rows; over blocks at most so many, 0: as many as the buffers hold"`
	TileW   int        `key:"tilew" min:"0" max:"65536" doc:"output columns of a tile (Tc); likewise"`
	Input   unit.Bytes `key:"input" optional:"true" doc:"over blocks: bytes of both input buffers of a core"`
	Weights unit.Bytes `key:"weights" optional:"true" doc:"over blocks: bytes of both weight buffers"`
	Output  unit.Bytes `key:"output" optional:"true" doc:"over blocks: bytes of both output buffers"`

	Word      int         `key:"word" optional:"true" min:"1" max:"32" doc:"bits that an element takes in memory and buffers at least"`
	Hold      string      `key:"hold" optional:"true" oneof:"pixels,weights" doc:"over blocks: what stays while the other operand passes by; whichever takes less time if left out"`
	Reach     int         `key:"reach" optional:"true" min:"1" doc:"over blocks: words of ins input channels that a block's windows may have, deeper layers take several passes, and weights are loaded again for each block; tiles of whole weights if left out"`
	Depth     unit.Cycles `key:"depth" min:"0" doc:"cycles from a tile's last operand to its last sum"`
	Turn      unit.Cycles `key:"turn" optional:"true" min:"0" doc:"over blocks: cycles between two uses of the array, to take its sums out"`
	Swap      unit.Cycles `key:"swap" optional:"true" min:"0" doc:"over blocks: cycles from one block of pixels side by side to the next"`
	Stage     unit.Cycles `key:"stage" optional:"true" min:"0" doc:"over blocks: cycles in which ins channels of a tap are laid out for a block, while the array works on the block before"`
	Start     unit.Cycles `key:"start" optional:"true" min:"0" doc:"cycles before a layer's first tile, to fetch and dispatch it"`
	Lanes     int         `key:"lanes" min:"1" max:"65536" doc:"elements a cycle of pools and elementwise work"`
	Sums      int         `key:"sums" optional:"true" min:"1" doc:"elements a cycle of sums of two tensors, a ReLU behind them for nothing; as lanes, and none, if left out"`
	Depthwise int         `key:"depthwise" optional:"true" min:"0" max:"65536" doc:"over blocks: products a cycle of a unit for depthwise convolutions, a multiple of rows; 0: they run on the engine"`
	Early     bool        `key:"early" optional:"true" doc:"a tile's products begin with its first operands, not when all are there"`
	Fold      bool        `key:"fold" optional:"true" doc:"over blocks: a window's row is laid beside few input channels"`
	Adds      bool        `key:"adds" optional:"true" doc:"a second tensor is added to results before they are stored"`
	Feed      int         `key:"feed" optional:"true" min:"1" doc:"over pixels: bytes a cycle from input memory to the array, pixels that a stride skips too; without limit if left out"`
	Yield     int         `key:"yield" optional:"true" min:"1" doc:"over pixels: bytes a cycle of results from the array; without limit if left out"`
	Resident  bool        `key:"resident" optional:"true" doc:"activations, those that enter and leave the network too, are in on-chip memory"`
	Dense     string      `key:"dense" optional:"true" oneof:"engine,host" doc:"where fully connected layers are computed; the engine if left out"`
}

// Validate fills in what was left out and refuses engines that cannot be built.
func (e *Engine) Validate() error {
	for _, n := range []*int{&e.Ins, &e.Images, &e.Cores, &e.Pump} {
		*n = max(1, *n)
	}
	if e.Over != "blocks" {
		switch {
		case e.TileH == 0 || e.TileW == 0:
			return fmt.Errorf("tileh is %d and tilew is %d; over=%s needs both, at least 1", e.TileH, e.TileW, e.Over)
		case e.Reach > 0:
			return fmt.Errorf("reach is %d; it belongs to over=blocks, and over is %s; leave it out", e.Reach, e.Over)
		case e.Ins > 1 || e.Input+e.Weights+e.Output > 0 || e.Depthwise > 0 || e.Fold || e.Lie != "":
			return fmt.Errorf("ins, input, weights, output, depthwise, fold and lie belong to over=blocks, and over is %s; leave them out", e.Over)
		}
		return nil
	}
	for _, b := range []struct {
		name string
		size unit.Bytes
	}{{"input", e.Input}, {"weights", e.Weights}, {"output", e.Output}} {
		if b.size == 0 {
			return fmt.Errorf("%s: missing; over=blocks cuts tiles to fit its buffers, so give input, weights and output", b.name)
		}
	}
	if e.Depthwise%e.Rows != 0 {
		return fmt.Errorf("depthwise is %d; its unit computes whole pixels of %d channels (rows), so write a multiple of that", e.Depthwise, e.Rows)
	}
	return nil
}

// peak is the products of a core's fastest unit in a cycle.
func (e *Engine) peak() int64 { return max(e.macs(), int64(e.Depthwise)) }

// macs is the products a core's array can form in a cycle.
func (e *Engine) macs() int64 {
	return int64(e.Rows) * int64(e.Cols) * int64(e.Ins) * int64(e.Images)
}
