package engine

import "iter"

// linePage is how many values a page of a Line holds.
const linePage = 128

// Line is values in order, put in behind and taken from the front. They lie in pages,
// so that a long line is never copied, and a page that has been emptied is used again.
type Line[T any] struct {
	first, last *page[T]
	spare       *page[T]
	at          int // the head, on the first page
	left        int
}

type page[T any] struct {
	list [linePage]T
	n    int
	next *page[T]
}

// Len is how many values are in the line.
func (l *Line[T]) Len() int { return l.left }

// Put adds a value behind the others.
func (l *Line[T]) Put(v T) {
	if l.last == nil || l.last.n == linePage {
		p := l.blank()
		if l.last == nil {
			l.first = p
		} else {
			l.last.next = p
		}
		l.last = p
	}
	l.last.list[l.last.n] = v
	l.last.n++
	l.left++
}

// Head is the first value, until it is popped; nil if there is none.
func (l *Line[T]) Head() *T {
	if l.left == 0 {
		return nil
	}
	return &l.first.list[l.at]
}

// Tail is the value put in last; nil if there is none.
func (l *Line[T]) Tail() *T {
	if l.left == 0 {
		return nil
	}
	return &l.last.list[l.last.n-1]
}

// Pop takes the head off, and forgets what it held.
func (l *Line[T]) Pop() {
	var none T
	p := l.first
	p.list[l.at] = none
	l.at++
	l.left--
	switch {
	case l.left == 0:
		p.n, l.at = 0, 0
	case l.at == linePage:
		l.first, l.at = p.next, 0
		p.n, p.next, l.spare = 0, l.spare, p
	}
}

// blank is an empty page.
func (l *Line[T]) blank() *page[T] {
	p := l.spare
	if p == nil {
		return &page[T]{}
	}
	l.spare, p.next = p.next, nil
	return p
}

// All goes through the values from the front.
func (l *Line[T]) All() iter.Seq[*T] {
	return func(yield func(*T) bool) {
		for p, i := l.first, l.at; p != nil; p, i = p.next, 0 {
			for ; i < p.n; i++ {
				if !yield(&p.list[i]) {
					return
				}
			}
		}
	}
}
