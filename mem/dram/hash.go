package dram

// Mix turns a line and the cycle at which its read completed into a number; the
// sum over all reads, modulo 2^64, identifies a run whatever the order of its parts.
func Mix(line, cycle int64) uint64 {
	x := uint64(line)*0x9E3779B97F4A7C15 ^ (uint64(cycle) + 0x632BE59BD9B4E019)
	x ^= x >> 29
	x *= 0xBF58476D1CE4E5B9
	return x ^ x>>32
}
