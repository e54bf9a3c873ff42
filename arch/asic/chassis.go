package asic

import (
	"fmt"

	"nnsim/arch/config"
	"nnsim/mapping"
	"nnsim/results"
	"nnsim/unit"
)

// Memory is the off-chip memory's section of a machine. "memory: ideal" never stalls.
type Memory struct {
	config.OrIdeal

	Standard    string              `key:"standard" oneof:"ddr3,ddr4,lpddr4,lpddr5,gddr5,gddr6,hbm,hbm2,hbm2e,hbm3" doc:"standard, for the energy of a bit"`
	Channels    int                 `key:"channels" min:"1" max:"1024" doc:"independent channels"`
	Bandwidth   unit.BytesPerSecond `key:"bandwidth" min:"1 B/s" doc:"of all channels, at the pins of the chip"`
	Latency     unit.Seconds        `key:"latency" doc:"from a request to its first byte, unloaded"`
	Burst       unit.Bytes          `key:"burst" min:"1 B" doc:"what one access moves"`
	Interleave  unit.Bytes          `key:"interleave" min:"1 B" doc:"consecutive bytes on one channel"`
	RefreshFor  unit.Seconds        `key:"trfc" doc:"a refresh takes a channel this long"`
	RefreshGap  unit.Seconds        `key:"trefi" doc:"and comes this often; 0: the figure for bandwidth is after refresh"`
	Outstanding int                 `key:"outstanding" min:"1" max:"1024" doc:"loads on their way at a time"`
}

// SetScalar takes "ideal"; the engines' depth is then the deepest in use.
func (m *Memory) SetScalar(text string) error {
	m.Outstanding = 16
	return m.OrIdeal.SetScalar(text)
}

// Validate refuses a refresh that leaves no time for data.
func (m *Memory) Validate() error {
	if !m.Ideal() && m.RefreshGap > 0 && m.RefreshFor >= m.RefreshGap {
		return fmt.Errorf("trfc %v must be shorter than trefi %v", m.RefreshFor, m.RefreshGap)
	}
	return nil
}

// Vector is the post station's section: what finishes results and does all work
// that is no product.
type Vector struct {
	Lanes  int        `key:"lanes" min:"1" max:"1048576" doc:"elements a cycle for simple operations"`
	Hard   int        `key:"hard" min:"1" max:"1024" doc:"cycles a lane takes for a transcendental operation, reciprocal or root"`
	Buffer unit.Bytes `key:"buffer" min:"256 B" max:"1 GiB" doc:"what operands of such work pass through, in four parts"`
	Planar int        `key:"planar" optional:"true" min:"0" max:"1048576" doc:"elements an edge that a processor of its own pools; 0: the lanes do it"`
	Cross  int        `key:"cross" optional:"true" min:"0" max:"1048576" doc:"elements an edge that a processor of its own normalises over channels (LRN); 0: the lanes do it"`
}

// Power is what a machine draws whatever it does.
type Power struct {
	Static unit.Watts `key:"static" doc:"leakage and standing currents, all the time"`
	Clock  unit.Watts `key:"clock" doc:"clock tree and ungated registers, all the time"`
	Scope  string     `key:"scope" oneof:"chip,package,board" doc:"what the figures cover"`

	Nominal unit.Volts `key:"nominal" min:"1 mV" doc:"supply at which the figures above and the prices hold"`
	At      unit.Hertz `key:"at" min:"1 Hz" doc:"clock at which the clock's figure holds"`
	Points  []string   `key:"points" optional:"true" doc:"highest clock at a supply, such as 100 MHz @ 820 mV, ascending"`
}

// Chassis is what every machine hands over to be simulated.
type Chassis struct {
	Common
	Buffers int64 // bytes of on-chip buffers that Command addresses lie in
	// Units are the counters of what a machine has beside the stations, the array
	// first: its stats are the array station's.
	Units func(layers int) []*results.Stats
	// Walk writes the commands of one layer whose head is a product.
	Walk func(w *Walk, lp *mapping.LayerPlan) error
	// Elapsed counts, when all is done, what a layer's edges cost whatever was done in
	// them; nil: nothing.
	Elapsed func(units []*results.Stats, layer int, edges int64)
	// Encode is the bytes that a tensor's raw bytes take where it is stored coded; nil: never.
	Encode func(raw []byte) int64
}
