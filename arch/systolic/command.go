package systolic

import (
	"nnsim/arch/station"
	"nnsim/unit"
)

// The units that execute commands are stations; the vector unit is the post station. The
// array also keeps the record of when its stationary tile was shifted in.
const (
	loader = station.Load
	array  = station.Array
	vector = station.Post
	storer = station.Store
	units  = station.Count
)

type (
	fence   = station.Fence
	action  = station.Action
	queue   = station.Queue[work]
	command = station.Command[work]
)

// work is what the array and the vector unit know of a command.
type work struct {
	turn int32 // of the walk
	// array: folds of a stream each; held keeps the stationary tile of the command before.
	folds  int64
	length unit.Cycles
	held   bool
	short  bool  // the layer's last, under SCALE-Sim's convention
	late   bool  // an operand comes from off-chip memory
	room   int64 // drains that must be complete for its results to have room
	// vector: how long before the array's last result its first one was there (-1:
	// nothing to chase).
	chase unit.Cycles
}
