package dram

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestChannelsShare: every line of a request is served once, on the channel its bits
// name, and the request ends with its last line.
func TestChannelsShare(t *testing.T) {
	p, err := Preset("hbm2-2000")
	require.NoError(t, err)
	for _, mapping := range []string{"rorababgcoch", "rorabachbgco", "chrorababgco", "rochrabacobg"} {
		for _, channels := range []int{1, 4, 8} {
			ended := map[int64]int64{}
			m, err := NewMemory(p, Config{Mapping: mapping}, channels, func(f Finished) { ended[f.Tag] = f.Cycle })
			require.NoError(t, err)
			below, err := channelBits(mapping, p.Shape, channels)
			require.NoError(t, err)
			want, got, last := map[int64]int{}, map[int64]int{}, map[int64]int64{}
			m.WatchLines(func(channel int, l Done) {
				assert.Equal(t, int(l.Line>>below)%channels, channel, "line %d", l.Line)
				got[l.Line]++
				last[l.Tag] = max(last[l.Tag], l.Cycle)
			})
			r := rand.New(rand.NewPCG(1, uint64(channels)))
			for tag := range int64(30) {
				q := Request{Count: 1 + r.Int64N(200), Stride: []int64{1, 1, 3, 8, 64, -2, 0}[r.IntN(7)], Tag: tag, Write: tag%5 == 4}
				q.Line = r.Int64N(m.Lines()-1<<15) + 1<<14
				for k := range q.Count {
					want[q.Line+k*q.Stride]++
				}
				for !m.CanAccept() {
					m.AdvanceTo(m.Next() + 1)
				}
				require.NoError(t, m.Add(q))
			}
			for m.Busy() > 0 {
				m.AdvanceTo(m.Next() + 1)
			}
			require.Equal(t, want, got, "%s, %d channels", mapping, channels)
			require.Equal(t, last, ended)
		}
	}
}

// TestWindows: how far the channels run ahead at a time changes nothing.
func TestWindows(t *testing.T) {
	p, err := Preset("ddr4-2400")
	require.NoError(t, err)
	ends := func(window int64) (list []Finished) {
		m, err := NewMemory(p, Config{Mapping: "rorabacobgch"}, 4, func(f Finished) { list = append(list, f) })
		require.NoError(t, err)
		r := rand.New(rand.NewPCG(9, 9))
		for tag := range int64(40) {
			q := Request{Line: r.Int64N(1 << 20), Count: 1 + r.Int64N(300), Stride: 1, Tag: tag, At: tag * 256, Write: r.IntN(4) == 0}
			require.NoError(t, m.Add(q))
			for edge := tag * 256; edge < (tag+1)*256; edge += window {
				m.AdvanceTo(edge + window)
			}
		}
		for now := int64(40 * 256); m.Busy() > 0; now += window {
			m.AdvanceTo(now + window)
		}
		return list
	}
	want := map[int64]Finished{}
	for _, f := range ends(1) {
		want[f.Tag] = f
	}
	for _, window := range []int64{2, 64, 256} {
		for _, f := range ends(window) {
			require.Equal(t, want[f.Tag], f, "window of %d", window)
		}
	}
}

// TestMoreChannelsMoreBandwidth: four channels serve a stream in about a quarter of the time.
func TestMoreChannelsMoreBandwidth(t *testing.T) {
	p, err := Preset("hbm2-2000")
	require.NoError(t, err)
	took := func(channels int) (end int64) {
		m, err := NewMemory(p, Config{Mapping: "rorabacobgch"}, channels, func(f Finished) { end = max(end, f.Cycle) })
		require.NoError(t, err)
		require.NoError(t, m.Add(Request{Count: 40000, Stride: 1}))
		for m.Busy() > 0 {
			m.AdvanceTo(m.Next() + 1)
		}
		return end
	}
	assert.InEpsilon(t, took(1), 4*took(4), 0.02)
}

// TestMemoryRefused: channels that cannot be, requests outside.
func TestMemoryRefused(t *testing.T) {
	p, err := Preset("hbm2-2000")
	require.NoError(t, err)
	_, err = NewMemory(p, Config{}, 3, nil)
	assert.EqualError(t, err, "dram: channels is 3; it must be a power of two")
	_, err = NewMemory(p, Config{}, 1<<40, nil)
	assert.ErrorContains(t, err, "too many to address; use fewer channels")
	m, err := NewMemory(p, Config{}, 2, func(Finished) {})
	require.NoError(t, err)
	assert.ErrorContains(t, m.Add(Request{Line: m.Lines(), Count: 1}), "the memory has 33554432 lines")
}
