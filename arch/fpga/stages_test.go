package fpga_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"nnsim/arch"
	"nnsim/arch/archtest"
	"nnsim/workloads"
	"nnsim/workloads/catalog"
)

// TestUpsampleRepeatsPixels: the stage has a step for every word that it writes, FINN's OFM × OFM
// × channels / PE, and reads each word once: a frame takes as long as its output.
func TestUpsampleRepeatsPixels(t *testing.T) {
	for _, c := range []struct {
		spec, preset string
		sets         []string
		cycles       int64
	}{
		{"resize:n=3,c=6,h=5,w=7,scale=2", "alveo-u250", []string{"fold.layers=[resize:1:2]"}, 10 * 14 * 6 / 2},
		{"resize:n=3,c=6,h=5,w=7,scale=2", "alveo-u250", []string{"design=hls"}, 10 * 14},
		{"resize:n=3,c=4,h=3,w=3,scale=3", "pynq-z1", []string{"memory=ideal", "fold.layers=[resize:1:1]", "design=streaming"}, 9 * 9 * 4},
	} {
		r := timed(t, c.spec, "int8", c.preset, c.sets...)
		figures := map[string]map[string]int64{}
		for _, s := range r.Stats {
			figures[s.Name] = s.Finish(r.Cycles).Events
		}
		assert.EqualValues(t, c.cycles, figures["resize.upsample"]["estimated_cycles"], c.spec)
		assert.EqualValues(t, c.cycles, figures["pipeline"]["interval_cycles"], c.spec)
	}
}

// TestOtherResizesRunOnTheProcessor: what is no repetition of pixels has no stage.
func TestOtherResizesRunOnTheProcessor(t *testing.T) {
	for _, spec := range []string{"resize:c=2,h=5,w=7,scale=1.5", "resize:c=2,h=6,w=6,scale=2,mode=linear", "resize:c=2,h=6,w=6,scale=0.5"} {
		r := timed(t, spec, "int8", "pynq-z1")
		assert.Contains(t, r.Notes, "on the host processor: resize", spec)
	}
}

// TestArgMaxIsAStage: FINN's label selection takes labels / PE cycles to read an image's, and one
// more to give the index.
func TestArgMaxIsAStage(t *testing.T) {
	r := timed(t, "argmax:rows=4,cols=12", "int8", "pynq-z1", "fold.layers=[argmax:1:3]", "memory=ideal", "design=streaming")
	figures := map[string]map[string]int64{}
	for _, s := range r.Stats {
		figures[s.Name] = s.Finish(r.Cycles).Events
	}
	assert.EqualValues(t, 12/3, figures["argmax.label"]["estimated_cycles"])
	assert.EqualValues(t, 12/3+1, figures["argmax.label"]["alone_cycles"])
}

// TestSoftmaxIsAStage: a row comes in, and goes out when its sum is known; none is on the processor.
func TestSoftmaxIsAStage(t *testing.T) {
	r := timed(t, "softmax:rows=5,cols=12", "int8", "pynq-z1", "fold.layers=[softmax:1:3]", "memory=ideal", "design=streaming", "host.rate=0 Hz")
	figures := map[string]map[string]int64{}
	for _, s := range r.Stats {
		figures[s.Name] = s.Finish(r.Cycles).Events
	}
	assert.EqualValues(t, 2*12/3, figures["softmax.softmax"]["estimated_cycles"])
	assert.EqualValues(t, 2*12/3, figures["pipeline"]["interval_cycles"])
}

// TestPaddedPoint: a window of one pixel on a padded image has its zeros written, and its FIFOs
// found, as a larger one has.
func TestPaddedPoint(t *testing.T) {
	for _, sets := range [][]string{{"design=streaming"}, {"design=hls"}} {
		r := timed(t, "conv:n=2,c=4,h=5,w=3,k=2,r=1,s=1,pad=1", "int8", "pynq-z1", sets...)
		assert.GreaterOrEqual(t, r.Cycles, int64(2*7*5), sets)
	}
	m := open(t, "pynq-z1", "design=streaming")
	w := archtest.Workload{Name: "point", Build: func() (*workloads.Graph, error) {
		w, err := catalog.Open("conv:n=2,c=4,h=5,w=3,k=2,r=1,s=1,pad=1", catalog.Defaults{Seed: 1})
		return w.Graph, err
	}}
	_, err := archtest.Checked(m, w, m.Native(), arch.Full)
	assert.NoError(t, err)
}
