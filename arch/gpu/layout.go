package gpu

import "nnsim/arch/gpu/hierarchy"

// How a tile lies in the banks of shared memory. A slab's rows run along the
// reduction, in chunks of 16 bytes; matrix instructions fetch eight rows' chunks of one column
// at a time, which should be in eight different groups of four banks.
//
//	naive     row r, chunk c at r·pitch + c·16             rows of 64 bytes: 4 rows a bank
//	padded    pitch 16 bytes longer                        each row's chunk one group further
//	swizzled  chunk c of row r at c XOR (r / rows of 128 bytes)   no bytes lost
const (
	naive  = "naive"
	padded = "padded"
)

const chunkBytes = 16

// chunk is where chunk c of row r lies in a tile with rows of so many bytes.
func chunk(layout string, rowBytes, r, c int64) int64 {
	switch layout {
	case naive:
		return r*rowBytes + c*chunkBytes
	case padded:
		return r*(rowBytes+chunkBytes) + c*chunkBytes
	}
	perRow := rowBytes / chunkBytes
	rowsOfBanks := max(1, hierarchy.Banks*4/rowBytes) // rows that lie in one row of all banks
	return r*rowBytes + (c^(r/rowsOfBanks)%perRow)*chunkBytes
}

// fetched is the wavefronts that the fetch of eight rows' chunks takes, as a mean over
// the columns of chunks of a row: 1 without conflicts. All rows of a tile come out alike.
func fetched(layout string, rowBytes int64) float64 {
	sum, columns := 0, max(1, rowBytes/chunkBytes)
	lanes := make([]int64, 8)
	for c := range columns {
		for r := range lanes {
			lanes[r] = chunk(layout, max(rowBytes, chunkBytes), int64(r), c)
		}
		sum += hierarchy.Phase(lanes, chunkBytes)
	}
	return float64(sum) / float64(columns)
}

// conflicting is the wavefronts of fetches that would take so many without conflicts.
func (c *Config) conflicting(t tiling, p *product, least int64) int64 {
	return int64(float64(least)*fetched(c.Kernel.Layout, int64(t.k*p.aCell)) + 0.5)
}

// conflicts is the wavefronts of a slab's fetches that banks cost beyond the least.
func (c *Config) conflicts(t tiling, p *product, u *usage) int64 {
	if c.tensorRate(p.dt) == 0 {
		return 0
	}
	fetches := u.shared - c.wavefronts(int(t.tileBytes(p.aCell)))
	return fetches - int64(float64(fetches)/fetched(c.Kernel.Layout, int64(t.k*p.aCell))+0.5)
}
