package mem

import (
	"bytes"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// An image behaves like a plain slice of bytes under any writes, reads and drops.
func TestImageIsASlice(t *testing.T) {
	const size = 5*page + 123
	rapid.Check(t, func(t *rapid.T) {
		image, twin := NewImage(size), make([]byte, size)
		touched := map[int64]bool{}
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			addr := rapid.Int64Range(0, size).Draw(t, "addr")
			n := rapid.Int64Range(0, min(size-addr, 2*page+7)).Draw(t, "n")
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				data := bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, int(n))
				require.NoError(t, image.WriteAt(data, addr))
				copy(twin[addr:], data)
				for p := addr; p < addr+n; p++ {
					touched[p/page] = true
				}
			case 1:
				image.Drop(addr, n)
				for p := int64(0); p < size/page+1; p++ {
					if p*page >= addr && (p+1)*page <= addr+n {
						clear(twin[p*page : (p+1)*page])
						delete(touched, p)
					}
				}
			case 2:
				got := bytes.Repeat([]byte{0xa5}, int(n))
				require.NoError(t, image.ReadAt(got, addr))
				if !bytes.Equal(twin[addr:addr+n], got) {
					t.Fatalf("[%d, %d) reads back differently", addr, addr+n)
				}
			}
			if want := int64(len(touched)) * page; image.Touched() != want {
				t.Fatalf("the image takes %d bytes, %d were touched", image.Touched(), want)
			}
		}
	})
}

// A memory of a terabyte costs what is written to it, and reading costs nothing.
func TestImageTakesWhatIsTouched(t *testing.T) {
	m := NewImage(1 << 40)
	buf := make([]byte, 10)
	require.NoError(t, m.ReadAt(buf, 1<<39))
	assert.Zero(t, m.Touched())
	require.NoError(t, m.WriteAt(buf, 1<<40-10))
	assert.EqualValues(t, page, m.Touched())
	require.NoError(t, m.WriteAt(buf, 3*page-5))
	assert.EqualValues(t, 3*page, m.Touched())
}

func TestAccessOutsideIsAnError(t *testing.T) {
	stores := map[string]Store{"image": NewImage(100), "buffer": make(SRAM, 100)}
	for name, s := range stores {
		for _, c := range []struct {
			addr int64
			n    int
			ok   bool
		}{
			{0, 100, true}, {100, 0, true}, {99, 1, true}, {0, 0, true},
			{0, 101, false}, {-1, 1, false}, {-1, 0, false}, {99, 2, false}, {101, 0, false}, {math.MaxInt64, 1, false}, {math.MaxInt64 - 50, 100, false}, {math.MinInt64, 1, false},
		} {
			read, write := s.ReadAt(make([]byte, c.n), c.addr), s.WriteAt(make([]byte, c.n), c.addr)
			if c.ok {
				assert.NoError(t, read, "%s: read %d at %d", name, c.n, c.addr)
				assert.NoError(t, write, "%s: write %d at %d", name, c.n, c.addr)
				continue
			}
			assert.ErrorContains(t, read, "outside a", "%s: read %d at %d", name, c.n, c.addr)
			assert.ErrorContains(t, write, "outside a", "%s: write %d at %d", name, c.n, c.addr)
		}
	}
}
