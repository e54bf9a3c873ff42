package dram

// none is the slot that is not there.
const none = int32(-1)

// slot is a line on its way through a controller.
type slot struct {
	line, tag, accepted int64
	age                 int64 // frfcfs: how many lines were taken in before
	row, column         int32
	bank                int32
	next, prev          int32 // neighbours in a list, or the next free slot
	write               bool
}

// slots are the lines a controller holds. They grow to what is needed and are then reused.
type slots struct {
	all  []slot
	free int32
}

func newSlots(n int) slots {
	s := slots{free: none, all: make([]slot, 0, n)}
	for range n {
		s.give(s.extend())
	}
	return s
}

func (s *slots) extend() int32 {
	s.all = append(s.all, slot{})
	return int32(len(s.all) - 1)
}

// take is a slot to fill in.
func (s *slots) take() int32 {
	i := s.free
	if i == none {
		return s.extend()
	}
	s.free = s.all[i].next
	return i
}

func (s *slots) give(i int32) {
	s.all[i].next = s.free
	s.free = i
}
