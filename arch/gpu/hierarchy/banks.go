package hierarchy

// Banks is the number of shared memory's banks, each a word of four bytes a cycle.
const Banks = 32

const wordBytes = 4

// Wavefronts is the cycles that shared memory takes for one access of a warp: lanes
// that ask one bank for different words wait for one another, lanes that ask for
// the same word do not. Each lane has bytes at an address; accesses of 8 and 16
// bytes a lane go by halves and quarters of the warp.
func Wavefronts(addresses []int64, bytes int64) (cycles int) {
	words := max(1, bytes/wordBytes)
	phase := max(1, int64(len(addresses))/words)
	for from := int64(0); from < int64(len(addresses)); from += phase {
		cycles += Phase(addresses[from:min(from+phase, int64(len(addresses)))], bytes)
	}
	return cycles
}

// Conflicts is the cycles of these beyond those an access of that width takes at least.
func Conflicts(addresses []int64, bytes int64) int {
	least := int((int64(len(addresses))*bytes + Banks*wordBytes - 1) / (Banks * wordBytes))
	return max(0, Wavefronts(addresses, bytes)-max(1, least))
}

// Phase is the cycles of lanes that go together: the most different words that one
// bank is asked for.
func Phase(addresses []int64, bytes int64) int {
	words := max(1, bytes/wordBytes)
	var asked [Banks][]int64
	most := 0
	for _, a := range addresses {
		for w := a / wordBytes; w < a/wordBytes+words; w++ {
			bank := w % Banks
			if !holds(asked[bank], w) {
				asked[bank] = append(asked[bank], w)
				most = max(most, len(asked[bank]))
			}
		}
	}
	return most
}

func holds(list []int64, w int64) bool {
	for _, x := range list {
		if x == w {
			return true
		}
	}
	return false
}
