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
	inputs  *asic.Ring   // activations: a slot an image
	loaded  []int64      // by slot: the load that fills it
	filters asic.Fence   // what the filters' room waits for
	sums    []asic.Fence // by group of sums: what its room waits for
	inBytes int64        // of a slot
	total   int          // groups of sums begun
}

// walk is the chassis' hook.
func (m *Machine) walk(w *asic.Walk, lp *mapping.LayerPlan) error {
	k := &layerWalk{Walk: w, Mapping: lp.Custom.(*rowstationary.Mapping), machine: m, product: asic.NewProduct(lp.Layer), filters: w.Fence}
	s := &k.Space
	w.Sample(s.Batch * s.Groups * k.Blocks() * k.Images() * k.Strips() * k.Turns() * k.N)
	k.slots()
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

// slots gives the banks out: sums take what they need, activations get as many
// slots as the rest holds, at least one for each image of a pass.
func (k *layerWalk) slots() {
	a := k.machine.array()
	words := k.Channels() * k.InputRows(k.E) * k.PaddedWidth()
	k.inBytes = int64(words * wordBytes)
	room := int64(a.Banks-a.SumBanks(k.Mapping)) * int64(a.BankBytes)
	n := max(k.N, int(min(room/k.inBytes, int64(2*k.N))))
	k.inputs, k.loaded = k.NewRing(n), make([]int64, n)
	k.sums = make([]asic.Fence, k.Turns()*k.N)
	for i := range k.sums {
		k.sums[i] = k.Fence
	}
}

// sumAddr is where a group's sums, and its results, begin in the buffer.
func (k *layerWalk) sumAddr(turn, image int) int64 {
	base := int64(k.machine.array().InputBanks(k.Mapping)) * int64(k.machine.cfg.Buffer.Bank)
	base = max(base, int64(len(k.loaded))*k.inBytes)
	each := int64(k.Filters()*k.E*k.Space.OW) * wordBytes
	return base + int64(turn*k.N+image)*each
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
	k.total += k.Turns() * k.N
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

// image is the part of a tile that belongs to one image.
func image(t asic.Tile, i int) asic.Tile {
	t.I0 += i
	t.I1 = t.I0 + 1
	return t
}

// fetchFilters loads the filters of a pass.
func (k *layerWalk) fetchFilters(t asic.Tile) int64 {
	k.Count(k.Unit(unitBuffer), evDMABytes, k.product.BBytes(&t))
	return k.FetchB(k.product, &t, k.filterAddr(), k.filters)
}

// activations loads the images of one group of channels, one slot each.
func (k *layerWalk) activations(t asic.Tile) []int {
	slots := make([]int, t.Images())
	for i := range slots {
		one, slot := image(t, i), k.inputs.Take()
		k.loaded[slot] = k.FetchA(k.product, &one, int64(slot)*k.inBytes, k.inputs.Used[slot])
		k.Count(k.Unit(unitBuffer), evDMABytes, k.product.ABytes(&one))
		slots[i] = slot
	}
	return slots
}

// pass emits one pass: the filters into the PEs, then the images one after another.
func (k *layerWalk) pass(t asic.Tile, turn, first int, filters int64, slots []int) {
	timing := pass{k.Mapping, k.machine.array(), t.Rows(), unit.Cycles(k.machine.cfg.PE.Pipeline)}
	fill := asic.Command{Edges: timing.fill(), End: k.Copy(k.filterAddr(), k.registerAddr(), k.product.BBytes(&t))}
	fill.After.Wait(asic.Load, max(filters, k.loaded[slots[0]]))
	k.filters.Wait(asic.Array, k.Emit(asic.Array, fill))
	for i, slot := range slots {
		c := asic.Command{Edges: timing.image()}
		if i == len(slots)-1 {
			c.Edges += timing.tail()
		}
		c.After.Wait(asic.Load, k.loaded[slot])
		at := turn*k.N + i
		if t.C0 == 0 {
			c.After.Join(k.sums[at])
		}
		c.Begin, c.End = k.Multiply(k.product, image(t, i), int64(slot)*k.inBytes, k.registerAddr(), asic.Sums{Group: first + at, Slot: at}, t.C0 == 0)
		k.inputs.Used[slot].Wait(asic.Array, k.Emit(asic.Array, c))
		if t.C1 == k.Space.C {
			k.finish(image(t, i), turn, i, first+at)
		}
	}
	k.count(&t, timing)
}

// finish emits the post command and the store of one image's results, which are
// there when the array's present command ends.
func (k *layerWalk) finish(t asic.Tile, turn, i, group int) {
	at := turn*k.N + i
	addr := k.sumAddr(turn, i)
	c := asic.Command{Edges: k.PostEdges(k.product, int64(k.product.Outputs(&t)))}
	c.After.Wait(asic.Array, k.Issued(asic.Array))
	c.End = k.Finish(k.product, t, asic.Sums{Group: group, Slot: at}, addr)
	var after asic.Fence
	after.Wait(asic.Post, k.Emit(asic.Post, c))
	k.sums[at].Wait(asic.Store, k.KeepOut(k.product, &t, addr, after))
	k.Count(k.Unit(unitBuffer), evDMABytes, k.product.OutBytes(&t))
}

// count books the events of one pass.
func (k *layerWalk) count(t *asic.Tile, timing pass) {
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
	k.Count(registers, evInputRead, macs) // to find out that it is zero
	k.Count(registers, evInputWrite, pes*int64(k.Q*k.PaddedWidth()*t.Images()))
	k.Count(registers, evSum, 2*done)
	words := filters + inputs + sums
	k.Count(k.Unit(unitNetwork), evBusWords, words)
	k.Count(k.Unit(unitNetwork), evHops, results*int64(s.R*k.R-1))
	k.Count(k.Unit(unitBuffer), evArrayBytes, words*wordBytes)
}
