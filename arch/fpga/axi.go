package fpga

import (
	"fmt"
	"math/bits"

	"nnsim/unit"
)

// AXI is the way of the fabric to external memory: ports that move bursts.
type AXI struct {
	Width       int         `key:"width" min:"32" max:"1024" doc:"bits of a port's data channels, a power of two"`
	Ports       int         `key:"ports" min:"1" max:"64" doc:"ports of a core, or of a stream; port i reaches channel i mod memory.channels"`
	Shared      int         `key:"shared" optional:"true" min:"1" max:"64" doc:"overlay: ports of the memory over which those of all cores are spread; each has its own if left out"`
	Burst       int         `key:"burst" min:"1" max:"256" doc:"beats of a burst"`
	Outstanding int         `key:"outstanding" min:"1" max:"256" doc:"bursts of each direction on their way, a port"`
	Gap         unit.Cycles `key:"gap" min:"0" max:"1024" doc:"cycles in which a port's write channel rests between two bursts"`
}

// boundary is what a burst may not cross, by the protocol [arm-axi].
const boundary = 4096

// Validate refuses ports that the protocol does not know.
func (a *AXI) Validate() error {
	if bits.OnesCount(uint(a.Width)) != 1 {
		return fmt.Errorf("width is %d; a data channel of AXI has a power of two of bits, 32 to 1024", a.Width)
	}
	if n := a.bytes(); n > boundary {
		return fmt.Errorf("burst is %d beats of %d bits, which are %d bytes; a burst of AXI does not cross %d bytes, so write at most burst=%d",
			a.Burst, a.Width, n, boundary, boundary/a.beat())
	}
	return nil
}

// beat is the bytes of a beat, bytes those of a burst.
func (a *AXI) beat() int64  { return int64(a.Width) / 8 }
func (a *AXI) bytes() int64 { return int64(a.Burst) * a.beat() }

// movement is a stretch of external memory that a port reads or writes, burst by burst.
type movement struct {
	owner    int       // whose it is; a shared port serves owners in turn
	at, left int64     // the next byte, and how many there are to ask for
	scatter  uint64    // if set, bursts lie at places drawn from it, not one after the other
	within   int64     // bytes in which they lie
	onWay    int       // bursts that have not been answered
	first    unit.Edge // the end of the first burst
	last     unit.Edge
	done     func(at unit.Edge) // told once, when the last byte has moved
}

// burst takes the next burst of a movement: it does not cross a multiple of its length.
func (m *movement) burst(bytes int64) (at, n int64) {
	if m.scatter != 0 {
		m.scatter += 0x9e3779b97f4a7c15 // splitmix64
		z := m.scatter
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		n = min(m.left, bytes)
		m.left -= n
		return m.at + int64((z^z>>31)%uint64(m.within/bytes))*bytes, n
	}
	at = m.at
	n = min(m.left, bytes-at%bytes)
	m.at += n
	m.left -= n
	return at, n
}

// answered books a burst's last byte, and tells whether it was the movement's.
func (m *movement) answered(at unit.Edge) {
	m.onWay--
	if m.first == 0 || at < m.first {
		m.first = at
	}
	m.last = max(m.last, at)
	if m.onWay == 0 && m.left == 0 {
		m.done(m.last)
	}
}
