package dram

// checkBuses checks that the command's bus is free, and the data bus for its data.
func (c *Checker) checkBuses(m Command) {
	bus := 0
	if c.part.Standard.DualIssue && (m.Kind == RD || m.Kind == WR) {
		bus = 1
	}
	if m.Cycle <= c.prior[bus] {
		c.report(m, 1, m.Cycle-c.prior[bus], "two commands on one command bus, or out of order")
	}
	c.prior[bus] = max(c.prior[bus], m.Cycle)
	if !c.part.Standard.DualIssue {
		c.prior[1] = c.prior[0]
	}
	if m.Kind == RD || m.Kind == WR {
		c.checkData(m)
	}
	c.checkDebt(m)
}

// checkData checks that the data of a read or write do not run into others.
func (c *Checker) checkData(m Command) {
	delay := c.part.Standard.Read
	if m.Kind == WR {
		delay = c.part.Standard.Write
	}
	end, err := c.part.Timing.Eval(delay)
	if err != nil {
		return
	}
	from := m.Cycle + int64(end-c.part.Timing["tBURST"])
	pseudo := m.Rank / c.part.Shape.Ranks
	if last, ok := c.data[pseudo]; ok && from < last {
		c.report(m, 0, from-last, "data run into those of the command before")
	}
	c.data[pseudo] = max(c.data[pseudo], m.Cycle+int64(end))
}

// checkDebt checks that a rank has not been left without refreshes for too long.
func (c *Checker) checkDebt(m Command) {
	n := c.done[m.Rank]
	interval, done := int64(c.part.Timing["tREFI"]), n[0]
	if n[1] > 0 {
		interval, done = int64(c.part.Timing["tREFIpb"]), n[1]
	}
	if interval > 0 && m.Cycle/interval-done > maxDebt {
		c.report(m, maxDebt, m.Cycle/interval-done, "more refreshes outstanding than may be postponed")
	}
}
