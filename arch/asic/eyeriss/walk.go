package eyeriss

import (
	"nnsim/arch/asic"
	"nnsim/mapping"
	"nnsim/mapping/rowstationary"
	"nnsim/unit"
)

// Units a machine counts, beside the stations.
const (
	unitArray = iota
	unitRegisters
	unitNetwork
	unitBuffer
)

// Events of each.
const (
	evMAC = iota
	evSkipped
)
const (
	evFilterRead = iota
	evFilterWrite
	evInputRead
	evInputWrite
	evSum
	evPEEdges // of the PEs that a layer is mapped on
)
const (
	evBusWords = iota
	evHops
)
const (
	evArrayBytes = iota // between buffer and array
	evDMABytes          // between buffer and off-chip memory
)

// layerWalk writes the commands of one layer.
type layerWalk struct {
	*asic.Walk
	*rowstationary.Mapping
	machine *Machine
	product *asic.Product
	inputs  *asic.Ring   // activations: a slot for the images of a command
	loaded  []int64      // by slot: the load that fills it
	filters asic.Fence   // what the filters' room waits for
	sums    []asic.Fence // by group of sums: what its room waits for
	inBytes int64        // of a slot
	total   int          // groups of sums begun
	per     int          // images that share a slot and a command: all of a pass where two passes' fit, else one
}

// walk is the chassis' hook.
func (m *Machine) walk(w *asic.Walk, lp *mapping.LayerPlan) error {
	k := &layerWalk{Walk: w, Mapping: lp.Custom.(*rowstationary.Mapping), machine: m, product: asic.NewProduct(lp.Layer), filters: w.Fence}
	s := &k.Space
	k.slots()
	w.Sample(s.Batch * s.Groups * k.Blocks() * k.Images() * k.Strips() * k.Turns() * k.parts())
	for batch := range s.Batch {
		for group := range s.Groups {
			for image := 0; image < s.Images; image += k.N {
				for y := 0; y < s.OH; y += k.E {
					for block := 0; block < s.K; block += k.M {
						k.block(asic.Tile{Batch: batch, Group: group, I0: image, I1: min(image+k.N, s.Images), Y0: y, Y1: min(y+k.E, s.OH),
							K0: block, K1: min(block+k.M, s.K)})
					}
				}
			}
		}
	}
	return nil
}

// slots gives the banks out: sums take what they need, activations the rest: two
// slots for all images of a pass, or as many for one image as there is room for.
func (k *layerWalk) slots() {
	a := k.machine.array()
	words := k.Channels() * k.InputRows(k.E) * k.PaddedWidth()
	k.inBytes, k.per = int64(words*wordBytes), 1
	room := int64(a.Banks-a.SumBanks(k.Mapping)) * int64(a.BankBytes)
	n := max(k.N, int(min(room/k.inBytes, int64(2*k.N))))
	if n == 2*k.N {
		k.per, n = k.N, 2
		k.inBytes *= int64(k.N)
	}
	k.inputs, k.loaded = k.NewRing(n), make([]int64, n)
	k.sums = make([]asic.Fence, k.Turns()*k.parts())
	for i := range k.sums {
		k.sums[i] = k.Fence
	}
}

// parts is the number of commands that the images of a pass take.
func (k *layerWalk) parts() int { return k.N / k.per }

// sumAddr is where a group's sums, and its results, begin in the buffer.
func (k *layerWalk) sumAddr(turn, part int) int64 {
	base := int64(k.machine.array().InputBanks(k.Mapping)) * int64(k.machine.cfg.Buffer.Bank)
	base = max(base, int64(len(k.loaded))*k.inBytes)
	each := int64(k.Filters()*k.E*k.Space.OW*k.per) * wordBytes
	return base + int64(turn*k.parts()+part)*each
}

// filterAddr is where the filters of the next pass wait.
func (k *layerWalk) filterAddr() int64 {
	return int64(k.machine.cfg.Buffer.Banks) * int64(k.machine.cfg.Buffer.Bank)
}

// registerAddr is where the filters of the present pass are: in the PEs.
func (k *layerWalk) registerAddr() int64 {
	return k.filterAddr() + int64(k.machine.cfg.Buffer.Filters)
}

// block makes the results of M filters, N images and E rows: all channels, group
// by group; what the last of them completes leaves.
func (k *layerWalk) block(t asic.Tile) {
	first := k.total
	k.total += k.Turns() * k.parts()
	for c := 0; c < k.Space.C; c += k.Channels() {
		t.C0, t.C1 = c, min(c+k.Channels(), k.Space.C)
		filters := k.fetchFilters(k.turn(t, 0))
		slots := k.activations(t)
		for turn := range k.Turns() {
			if turn > 0 {
				filters = k.fetchFilters(k.turn(t, turn))
			}
			k.pass(k.turn(t, turn), turn, first, filters, slots)
		}
	}
}

// turn is the part of a tile that one pass works on.
func (k *layerWalk) turn(t asic.Tile, turn int) asic.Tile {
	t.K0 += turn * k.Filters()
	t.K1 = min(t.K0+k.Filters(), t.K1)
	return t
}

// images is the part of a tile that belongs to one command.
func (k *layerWalk) images(t asic.Tile, part int) asic.Tile {
	t.I0 += part * k.per
	t.I1 = t.I0 + k.per
	return t
}

// fetchFilters loads the filters of a pass.
func (k *layerWalk) fetchFilters(t asic.Tile) int64 {
	k.Count(k.Unit(unitBuffer), evDMABytes, k.product.BBytes(&t))
	return k.FetchB(k.product, &t, k.filterAddr(), k.filters)
}

// activations loads the images of one group of channels, part by part.
func (k *layerWalk) activations(t asic.Tile) []int {
	slots := make([]int, k.parts())
	for i := range slots {
		one, slot := k.images(t, i), k.inputs.Take()
		k.loaded[slot] = k.FetchA(k.product, &one, int64(slot)*k.inBytes, k.inputs.Used[slot])
		k.Count(k.Unit(unitBuffer), evDMABytes, k.product.ABytes(&one))
		slots[i] = slot
	}
	return slots
}

// pass emits one pass: the filters into the PEs, then the images one after another.
func (k *layerWalk) pass(t asic.Tile, turn, first int, filters int64, slots []int) {
	timing := rowstationary.Pass{Mapping: k.Mapping, Array: k.machine.array(), Rows: t.Rows()}
	fill := asic.Command{Edges: timing.Fill(), Action: asic.Action{End: k.Copy(k.filterAddr(), k.registerAddr(), k.product.BBytes(&t))}}
	fill.After.Wait(asic.Load, max(filters, k.loaded[slots[0]]))
	k.filters.Wait(asic.Array, k.Emit(asic.Array, fill))
	for i, slot := range slots {
		c := asic.Command{Edges: unit.Cycles(k.per) * timing.Image()}
		if i == len(slots)-1 {
			c.Edges += timing.Tail()
		}
		c.After.Wait(asic.Load, k.loaded[slot])
		at := turn*k.parts() + i
		if t.C0 == 0 {
			c.After.Join(k.sums[at])
		}
		c.Begin, c.End = k.Multiply(k.product, k.images(t, i), int64(slot)*k.inBytes, k.registerAddr(), asic.Sums{Group: first + at, Slot: at}, t.C0 == 0)
		k.inputs.Used[slot].Wait(asic.Array, k.Emit(asic.Array, c))
		if t.C1 == k.Space.C {
			k.finish(k.images(t, i), turn, i, first+at, c.Edges)
		}
	}
	k.count(&t, timing)
}

// finish emits the post command and the store of one part's results, which are
// there when the array's present command ends. They pass the rectifier as they leave
// the columns, so what is left to do after a pass is its last window, or what the
// lanes could not keep up with.
func (k *layerWalk) finish(t asic.Tile, turn, i, group int, during unit.Cycles) {
	at := turn*k.parts() + i
	addr := k.sumAddr(turn, i)
	all := k.PostEdges(k.product, int64(k.product.Outputs(&t)))
	c := asic.Command{Edges: max(unit.CeilDiv(all, unit.Cycles(k.Space.OW)), all-during)}
	c.After.Wait(asic.Array, k.Issued(asic.Array))
	c.End = k.Finish(k.product, t, asic.Sums{Group: group, Slot: at}, addr)
	var after asic.Fence
	after.Wait(asic.Post, k.Emit(asic.Post, c))
	k.sums[at].Wait(asic.Store, k.KeepOut(k.product, &t, addr, after))
	k.Count(k.Unit(unitBuffer), evDMABytes, k.product.OutBytes(&t))
}

// count books the events of one pass.
func (k *layerWalk) count(t *asic.Tile, timing rowstationary.Pass) {
	s, macs := &k.Space, k.product.MACs(t)
	skipped := int64(0)
	if k.machine.cfg.PE.Gating {
		skipped = int64(float64(macs)*k.Sim.Density.Share(k.Index) + 0.5)
	}
	done, results := macs-skipped, int64(k.product.Outputs(t))
	filters := int64(t.Filters() * t.Channels() * s.R * s.S)
	inputs := int64(t.Images() * t.Channels() * k.InputRows(t.Rows()) * k.PaddedWidth())
	sums := results
	if t.C0 > 0 {
		sums += results // they come back first
	}
	pes := int64(s.R * t.Rows() * k.R * k.T)
	k.Count(k.Unit(unitArray), evMAC, done)
	k.Count(k.Unit(unitArray), evSkipped, skipped)
	registers := k.Unit(unitRegisters)
	k.Count(registers, evFilterRead, done)
	k.Count(registers, evFilterWrite, filters*int64(t.Rows()))
	k.Count(registers, evInputRead, done) // a flag beside it says that it is zero
	k.Count(registers, evInputWrite, pes*int64(k.Q*k.PaddedWidth()*t.Images()))
	k.Count(registers, evSum, 2*done)
	words := filters + inputs + sums
	k.Count(k.Unit(unitNetwork), evBusWords, words)
	k.Count(k.Unit(unitNetwork), evHops, results*int64(s.R*k.R-1))
	k.Count(k.Unit(unitBuffer), evArrayBytes, words*wordBytes)
}
