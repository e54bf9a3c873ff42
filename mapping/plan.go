// Package mapping says how a network is cut and placed on a machine.
package mapping

// Plan is a network cut into tiles and placed.
type Plan struct {
	// CompulsoryRead and CompulsoryWrite are the off-chip bytes no mapping can avoid.
	CompulsoryRead, CompulsoryWrite int64
}
