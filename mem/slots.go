package mem

// Slots are numbered places for what is on its way. A place that was given back is taken
// again before a new one is made, so that there are no more than were ever needed at once.
type Slots[T any] struct {
	items []T
	free  []int32
}

// Take is the number of a place; what was there before is still in it.
func (s *Slots[T]) Take() int32 {
	if n := len(s.free); n > 0 {
		id := s.free[n-1]
		s.free = s.free[:n-1]
		return id
	}
	var fresh T
	s.items = append(s.items, fresh)
	return int32(len(s.items) - 1)
}

// At is what is in a place.
func (s *Slots[T]) At(id int32) *T { return &s.items[id] }

// Give gives a place back.
func (s *Slots[T]) Give(id int32) { s.free = append(s.free, id) }

// All is what is in every place there is, taken or not.
func (s *Slots[T]) All() []T { return s.items }
