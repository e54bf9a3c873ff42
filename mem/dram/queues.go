package dram

import "math/bits"

// lineQueue is lines in order of arrival.
type lineQueue struct {
	slot  []int32
	bank  []uint8
	n     int
	banks uint64   // the banks that lines wait for
	per   [64]int8 // how many for each
}

func newLineQueue(n int) lineQueue { return lineQueue{slot: make([]int32, n), bank: make([]uint8, n)} }

func (q *lineQueue) full() bool { return q.n == len(q.slot) }

func (q *lineQueue) push(slot, bank int32) {
	q.slot[q.n], q.bank[q.n] = slot, uint8(bank)
	q.n++
	q.banks |= 1 << bank
	q.per[bank]++
}

// first is the index of the first line whose bank is not in full, or -1.
func (q *lineQueue) first(full uint64) int {
	if q.banks&^full == 0 {
		return -1
	}
	for i, b := range q.bank[:q.n] {
		if full>>(b&63)&1 == 0 {
			return i
		}
	}
	return -1
}

func (q *lineQueue) remove(i int) {
	b := q.bank[i] & 63
	if q.per[b]--; q.per[b] == 0 {
		q.banks &^= 1 << b
	}
	copy(q.slot[i:q.n-1], q.slot[i+1:q.n])
	copy(q.bank[i:q.n-1], q.bank[i+1:q.n])
	q.n--
}

// deepest is how many lines a bank's queue can hold.
const deepest = 16

// bankQueue is the lines that wait for one bank, in order.
type bankQueue struct {
	slot [deepest]int32
	row  [deepest]int32
	n    int
	wr   uint16 // which are writes
	hit  uint16 // which are for the open row
	want uint8  // the commands that would serve it now, as bits by Kind
}

func (q *bankQueue) push(slot, row int32, write bool, open int32) {
	q.slot[q.n], q.row[q.n] = slot, row
	bit := uint16(1) << q.n
	if write {
		q.wr |= bit
	}
	if row == open {
		q.hit |= bit
	}
	q.n++
}

func (q *bankQueue) remove(i int) {
	copy(q.slot[i:q.n-1], q.slot[i+1:q.n])
	copy(q.row[i:q.n-1], q.row[i+1:q.n])
	q.n--
	low := uint16(1)<<i - 1
	q.wr = q.wr&low | q.wr>>1&^low
	q.hit = q.hit&low | q.hit>>1&^low
}

// restart finds the lines of a row that has just been opened.
func (q *bankQueue) restart(open int32) {
	q.hit = 0
	if open == closed {
		return
	}
	for i, r := range q.row[:q.n] {
		if r == open {
			q.hit |= 1 << i
		}
	}
}

// wish works out which commands would serve the queue, given the open row and
// how many accesses it has had.
func (q *bankQueue) wish(open, hits int32) {
	q.want = 0
	if q.n == 0 {
		return
	}
	if open == closed {
		q.want = 1 << ACT
		return
	}
	if q.hit&^q.wr != 0 {
		q.want |= 1 << RD
	}
	if q.hit&q.wr != 0 {
		q.want |= 1 << WR
	}
	if q.hit&1 == 0 && (q.hit == 0 || hits >= hitCap) {
		q.want |= 1 << PRE
	}
}

// index is the first line that a command serves.
func (q *bankQueue) index(k Kind) int {
	switch k {
	case RD:
		return bits.TrailingZeros16(q.hit &^ q.wr)
	case WR:
		return bits.TrailingZeros16(q.hit & q.wr)
	}
	return 0
}
