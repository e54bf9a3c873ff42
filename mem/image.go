package mem

import "fmt"

// page is the unit in which an image comes into being.
const page = 64 << 10

// Image is the contents of a memory. It takes host memory only where it has been
// written or given contents.
type Image struct {
	size  int64
	pages map[int64][]byte
}

// NewImage makes an image of so many bytes, all zero.
func NewImage(size int64) *Image { return &Image{size: size, pages: map[int64][]byte{}} }

// check refuses addresses outside the image: a machine that uses one is wrong.
func (m *Image) check(addr int64, n int) error {
	if addr < 0 || addr > m.size-int64(n) { // no sum that could overflow
		return fmt.Errorf("mem: access to [%d, %d) outside a memory of %d bytes", addr, addr+int64(n), m.size)
	}
	return nil
}

// ReadAt fills dst from addr on.
func (m *Image) ReadAt(dst []byte, addr int64) error {
	if err := m.check(addr, len(dst)); err != nil {
		return err
	}
	for len(dst) > 0 {
		p, off := addr/page, addr%page
		n := min(len(dst), int(page-off))
		if b := m.pages[p]; b != nil {
			copy(dst[:n], b[off:])
		} else {
			clear(dst[:n])
		}
		dst, addr = dst[n:], addr+int64(n)
	}
	return nil
}

// WriteAt stores src from addr on.
func (m *Image) WriteAt(src []byte, addr int64) error {
	if err := m.check(addr, len(src)); err != nil {
		return err
	}
	for len(src) > 0 {
		p, off := addr/page, addr%page
		n := min(len(src), int(page-off))
		b := m.pages[p]
		if b == nil {
			b = make([]byte, page)
			m.pages[p] = b
		}
		copy(b[off:], src[:n])
		src, addr = src[n:], addr+int64(n)
	}
	return nil
}

// Touched is the number of bytes of host memory the image takes.
func (m *Image) Touched() int64 { return int64(len(m.pages)) * page }

// Drop forgets the whole pages inside [addr, addr+n), which read as zero again.
func (m *Image) Drop(addr, n int64) {
	for p := (addr + page - 1) / page; (p+1)*page <= addr+n; p++ {
		delete(m.pages, p)
	}
}

// SRAM is an on-chip buffer's contents.
type SRAM []byte

// ReadAt fills dst from addr on.
func (s SRAM) ReadAt(dst []byte, addr int64) error {
	if addr < 0 || addr > int64(len(s)-len(dst)) {
		return fmt.Errorf("mem: read of [%d, %d) outside a buffer of %d bytes", addr, addr+int64(len(dst)), len(s))
	}
	copy(dst, s[addr:])
	return nil
}

// WriteAt stores src from addr on.
func (s SRAM) WriteAt(src []byte, addr int64) error {
	if addr < 0 || addr > int64(len(s)-len(src)) {
		return fmt.Errorf("mem: write of [%d, %d) outside a buffer of %d bytes", addr, addr+int64(len(src)), len(s))
	}
	copy(s[addr:], src)
	return nil
}

// Store is anything bytes can be read from and written to.
type Store interface {
	ReadAt(dst []byte, addr int64) error
	WriteAt(src []byte, addr int64) error
}
