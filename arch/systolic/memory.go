package systolic

import (
	"fmt"
	"math/bits"

	"nnsim/arch/config"
	"nnsim/mem"
	"nnsim/mem/dram"
	"nnsim/unit"
)

// Memory is the off-chip memory's section: DRAM of a part one can buy, channels of
// a bandwidth of one's own, or the word ideal for a memory that never stalls.
type Memory struct {
	config.OrIdeal

	Standard string       `key:"standard" oneof:"ddr3,ddr4,lpddr4,lpddr5,gddr5,gddr6,hbm,hbm2,hbm2e,hbm3" doc:"standard, for the energy of a bit"`
	Model    string       `key:"model" oneof:"dram,channels" doc:"dram: commands to banks of a part; channels: a bandwidth and a latency"`
	Channels int          `key:"channels" min:"1" max:"1024" doc:"independent channels; with model dram a power of two"`
	Latency  unit.Seconds `key:"latency" doc:"path to the memory and back; with model channels to the first byte and back"`

	Part       string     `key:"part" optional:"true" doc:"dram: the part in each channel (nnsim list devices names them)"`
	Clock      unit.Hertz `key:"clock" optional:"true" min:"1 Hz" doc:"dram: command clock; that of the part if left out"`
	Controller string     `key:"controller" optional:"true" oneof:"frfcfs,dramsim3" doc:"dram: policy of the controllers"`
	Mapping    string     `key:"mapping" optional:"true" doc:"dram: address bits from the highest, such as rorabachcobg"`

	Bandwidth  unit.BytesPerSecond `key:"bandwidth" optional:"true" min:"1 B/s" doc:"channels: of all together, at the pins"`
	Burst      unit.Bytes          `key:"burst" optional:"true" min:"1 B" doc:"channels: what one access moves; 64 B if left out"`
	Interleave unit.Bytes          `key:"interleave" optional:"true" min:"1 B" doc:"channels: consecutive bytes on one; 256 B if left out"`
	RefreshFor unit.Seconds        `key:"trfc" optional:"true" doc:"channels: a refresh takes one this long"`
	RefreshGap unit.Seconds        `key:"trefi" optional:"true" doc:"channels: and comes this often; never if left out"`

	part dram.Part
}

// Validate refuses keys of the other model, and what contradicts itself.
func (m *Memory) Validate() error {
	switch {
	case m.Ideal():
		return nil
	case m.Model == "dram":
		return m.validateDRAM()
	}
	return m.validateChannels()
}

func (m *Memory) validateDRAM() (err error) {
	if m.Bandwidth+unit.BytesPerSecond(m.Burst+m.Interleave) > 0 || m.RefreshFor+m.RefreshGap > 0 {
		return fmt.Errorf("bandwidth, burst, interleave, trfc and trefi belong to model=channels; with model=dram the part decides, so set part, channels or clock, or model=channels")
	}
	if bits.OnesCount(uint(m.Channels)) != 1 {
		return fmt.Errorf("channels is %d; with model=dram it must be a power of two, since address bits choose among them", m.Channels)
	}
	if m.part, err = dram.Preset(m.Part); err != nil {
		return fmt.Errorf("part: %w", err)
	}
	if m.Clock == 0 {
		m.Clock = unit.Hertz(1e9 / m.part.TCK)
	}
	_, err = mem.NewOffChip(m.config(), 1, nil)
	return err
}

func (m *Memory) validateChannels() error {
	switch {
	case m.Part+m.Controller+m.Mapping != "" || m.Clock != 0:
		m.Part, m.Controller, m.Mapping, m.Clock = "", "", "", 0 // a preset's part gives way to a bandwidth of one's own
	}
	m.Burst, m.Interleave = max(m.Burst, 0), max(m.Interleave, 0)
	if m.Burst == 0 {
		m.Burst = 64
	}
	if m.Interleave == 0 {
		m.Interleave = max(256, m.Burst)
	}
	switch {
	case m.Bandwidth == 0:
		return fmt.Errorf("bandwidth is missing; model=channels needs it, such as bandwidth: 34 GB/s")
	case m.RefreshGap > 0 && m.RefreshFor >= m.RefreshGap:
		return fmt.Errorf("trfc %v must be shorter than trefi %v", m.RefreshFor, m.RefreshGap)
	case m.Interleave%m.Burst != 0:
		return fmt.Errorf("interleave %v must be a multiple of burst %v", m.Interleave, m.Burst)
	}
	return nil
}

// config is the DRAM of a memory of model dram.
func (m *Memory) config() mem.OffChipConfig {
	return mem.OffChipConfig{Part: m.part, Channels: m.Channels, Control: dram.Config{Controller: m.Controller, Mapping: m.Mapping}}
}

// peak is the bandwidth at the pins; 0: ideal memory, without limit.
func (m *Memory) peak() unit.BytesPerSecond {
	if m.Ideal() || m.Model == "channels" {
		return m.Bandwidth
	}
	burst := float64(m.part.Timing["tBURST"])
	return unit.BytesPerSecond(float64(m.Channels*m.part.Shape.Pseudo*m.part.Shape.LineBytes) / burst * float64(m.Clock))
}

// typical is the time from a request to its first byte of an open row, unloaded.
func (m *Memory) typical() unit.Seconds {
	if m.Ideal() || m.Model == "channels" {
		return m.Latency
	}
	t := m.part.Timing
	return m.Latency + unit.Seconds(float64(max(t["tRCD"], t["tRCDRD"])+t["CL"])/float64(m.Clock))
}

// turnaround is how long the data pins idle, on average, when reads follow writes or
// writes reads: from the last write burst until a read may be sent (tWTR) and answers
// (CL), and the gap between the two directions' bursts.
func (m *Memory) turnaround() unit.Seconds {
	if m.Ideal() || m.Model == "channels" {
		return 0
	}
	t := m.part.Timing
	there := max(t["tWTR"], t["tWTR_L"]) + t["CL"]
	back := max(0, t["CL"]-t["CWL"]) + 2
	return unit.Seconds(float64(there+back) / 2 / float64(m.Clock))
}

// holds is the capacity; 0: without limit.
func (m *Memory) holds() int64 {
	if m.Ideal() || m.Model == "channels" {
		return 0
	}
	return int64(m.Channels) * m.part.Shape.Lines() * int64(m.part.Shape.LineBytes)
}

// server is the memory of a run. ideal overrules what the configuration says.
func (c *Config) server(ideal bool, reply func(port int, tag int64, edge unit.Edge), fail func(error)) (mem.Server, error) {
	m := &c.Memory
	if !ideal && !m.Ideal() && m.Model == "dram" {
		return mem.NewClocked(m.config(), c.Clock, m.Clock, m.Latency, 2*c.DMA.Outstanding, reply, fail)
	}
	t := mem.Timing{Channels: m.Channels, Bandwidth: m.Bandwidth, Latency: m.Latency, Burst: m.Burst, Interleave: m.Interleave,
		RefreshFor: m.RefreshFor, RefreshGap: m.RefreshGap, Ideal: ideal || m.Ideal()}
	return mem.NewController(t, c.Clock, reply), nil
}
