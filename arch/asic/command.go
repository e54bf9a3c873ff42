package asic

import "nnsim/arch/station"

// The stations, their commands and fences are those of [station].
type (
	Station = station.ID
	Fence   = station.Fence
	Command = station.Command[none]
	Action  = station.Action
)

// none is what the stations of a chassis know of a command beside the command itself.
type none struct{}

// The four stations.
const (
	Load  = station.Load
	Array = station.Array
	Post  = station.Post
	Store = station.Store

	stations = station.Count
)
