package dram

import (
	"fmt"

	"nnsim/unit"
)

// Energy is what a channel's commands and its standing by have cost, in joules: the
// devices' core alone, then what moving the bits off the die costs.
type Energy struct {
	Activate, Read, Write, Refresh unit.Joules
	Background                     unit.Joules // rows open or closed, whatever happens
	IO                             unit.Joules // drivers and termination; 0 where there is no price
}

// Core is the energy of the devices without their interface.
func (e Energy) Core() unit.Joules {
	return e.Activate + e.Read + e.Write + e.Refresh + e.Background
}

// Total is the core and the interface. The controller is none of the memory's.
func (e Energy) Total() unit.Joules { return e.Core() + e.IO }

// milli turns V · mA · ns into joules.
const milli = 1e-12

// ByCurrents prices counters by the supply currents of the part's data sheet, as
// Micron's power notes and DRAMsim3 do [dramsim3-idd]: a command costs what it draws
// above the standby current of its time; standby is IDD3N while a rank has any bank
// open and IDD2N while it has none.
func (p Part) ByCurrents(c Counters) (Energy, error) {
	i := p.Currents
	if i.VDD == 0 {
		return Energy{}, fmt.Errorf("dram: part %s has no currents; price it by events", p.Name)
	}
	t := func(symbol string) float64 { return float64(p.Timing[symbol]) }
	price := func(n int64, current, cycles float64) unit.Joules {
		return unit.Joules(float64(n) * i.VDD * current * cycles * p.TCK * float64(p.Shape.Devices) * milli)
	}
	bankRefresh := max(0, i.IDD5B-i.IDD3N)
	return Energy{
		Activate:   price(c.Activates, i.IDD0*(t("tRAS")+t("tRP"))-i.IDD3N*t("tRAS")-i.IDD2N*t("tRP"), 1),
		Read:       price(c.Reads, i.IDD4R-i.IDD3N, t("tBURST")),
		Write:      price(c.Writes, i.IDD4W-i.IDD3N, t("tBURST")),
		Refresh:    price(c.Refreshes, i.IDD5-i.IDD3N, t("tRFC")) + price(c.BankRefreshes, bankRefresh, t("tRFCpb")),
		Background: price(c.Active, i.IDD3N, 1) + price(c.Idle, i.IDD2N, 1),
	}, nil
}

// EventPrices are energies of events, for parts whose currents are not published.
type EventPrices struct {
	ActivatePerByte unit.Joules // opening a row, by its bytes
	Move            unit.Joules // a bit between its row and the edge of the die
	IO              unit.Joules // a bit over the interface
	Background      unit.Watts  // of a channel
	Source          string
}

// HBM2Events are the published energies of HBM2: 909 pJ to open 1 KiB, 2.24 pJ a
// bit on the die and 0.30 pJ a bit over the interface at low toggling.
var HBM2Events = EventPrices{ActivatePerByte: 909e-12 / 1024, Move: 2.24e-12, IO: 0.30e-12, Source: "oconnor-2017"}

// ByEvents prices counters by events. A refresh opens and closes every row it
// covers: with 8192 refreshes a period, a rank's rows times banks over 8192.
func (p Part) ByEvents(c Counters, e EventPrices) Energy {
	s := p.Shape
	open := e.ActivatePerByte * unit.Joules(s.RowBytes)
	rows := float64(s.Rows) / refreshesPerPeriod
	bits := float64(8 * s.LineBytes)
	seconds := float64(c.Active+c.Idle) / float64(s.Sides()) * p.TCK * 1e-9
	return Energy{
		Activate:   open * unit.Joules(c.Activates),
		Read:       e.Move * unit.Joules(float64(c.Reads)*bits),
		Write:      e.Move * unit.Joules(float64(c.Writes)*bits),
		Refresh:    open * unit.Joules(rows*(float64(c.Refreshes)*float64(s.PerSide())+float64(c.BankRefreshes))),
		Background: unit.Joules(float64(e.Background) * seconds),
		IO:         e.IO * unit.Joules(float64(c.Reads+c.Writes)*bits),
	}
}

// refreshesPerPeriod is how many refreshes cover all rows of a device [jedec-ddr3].
const refreshesPerPeriod = 8192
