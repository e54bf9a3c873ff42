package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Pipelines that cannot be built.
var wrongPipelines = []wrong{
	// What does not fit, with what it needs and what there is.
	{"run gemm:m=1,n=8192,k=8192,dtype=int8 --device pynq-z1 --set design=streaming", "does not fit pynq-z1|LUT|usable|TOO MANY"},
	{"run conv:c=64,h=8,w=8,k=64,r=3,s=3,dtype=int8 --device zcu104 --set design=streaming --set part.bram18=10 --set part.uram=0", "BRAM18|TOO MANY|larger part"},
	{"run conv:c=64,h=8,w=8,k=64,r=3,s=3,dtype=int8 --device zcu104 --set design=streaming --set part.dsp=0 --set fold.product=dsp", "DSP 1 of 0|TOO MANY"},
	{"run svhn,dtype=int16 --device pynq-z1 --set design=hls", "does not fit pynq-z1|DSP|TOO MANY"},
	{"run vgg16,dtype=int8 --device pynq-z1 --set design=streaming --check none", "does not fit pynq-z1|TOO MANY"},
	// Foldings.
	{"run conv:c=4,h=8,w=8,k=8,r=3,s=3,dtype=int8 --device pynq-z1 --set fold.layers=[conv:3:4]", "fold.layers|conv|simd 3 must divide its 4 channels|36"},
	{"run conv:c=4,h=8,w=8,k=8,r=3,s=3,dtype=int8 --device pynq-z1 --set fold.layers=[conv:2:3]", "fold.layers|conv|pe 3 must divide its 8 outputs"},
	{"run conv:c=4,h=8,w=8,k=4,r=3,s=3,groups=4,dtype=int8 --device pynq-z1 --set fold.layers=[conv:2:4]", "fold.layers|conv|simd must be 1|window"},
	{"run conv:c=4,h=8,w=8,k=8,r=3,s=3,dtype=int8 --device pynq-z1 --set fold.layers=[conw:2:2]", "fold.layers|\"conw\"|did you mean \"conv\""},
	{"run conv:c=4,h=8,w=8,k=8,r=3,s=3,dtype=int8 --device pynq-z1 --set fold.layers=[conv:2]", "fold.layers|\"conv:2\"|name:simd:pe"},
	{"run conv:c=4,h=8,w=8,k=8,r=3,s=3,dtype=int8 --device pynq-z1 --set fold.layers=[conv:0:1]", "fold.layers|name:simd:pe"},
	{"run conv:c=4,h=8,w=8,k=8,r=3,s=3,dtype=int8 --device pynq-z1 --set fold.layers=[conv:two:1]", "fold.layers|\"conv:two:1\""},
	{"run conv:c=4,h=8,w=8,k=8,r=3,s=3,dtype=int8 --device pynq-z1 --set fold.layers=[conv:2:2,conv:4:2]", "fold.layers|conv is given twice"},
	{"run layernorm:rows=4,cols=8,dtype=int8 --device pynq-z1 --set fold.layers=[layernorm:1:1]", "fold.layers|layernorm|cannot be folded"},
	{"run tfc,dtype=w1a1 --device pynq-z1 --set design=hls --set fold.layers=[fc1:1:1]", "fold.layers|design=hls"},
	{"run tfc,dtype=w1a1 --device pynq-z1 --mapping search,method=random", "method=random|pynq-z1|leave method= out"},
	{"show conv:c=4,h=8,w=8,k=8,r=3,s=3,dtype=int8 --device alveo-u250 --set design=hls --rank 3", "leaves no choice|hls.reuse"},
	{"run tfc,dtype=w1a1 --device pynq-z1 --set fold.rate=-3␣Hz", "fold.rate|at least"},
	// Precisions that the units lack.
	{"run tfc,dtype=fp32 --device pynq-z1 --set design=streaming", "pynq-z1|integers of 1 to 16 bits|fp32"},
	{"run tfc,dtype=bf16 --device pynq-z1", "integers of 1 to 16 bits|bf16"},
	{"run tfc,dtype=fp8 --device pynq-z1", "integers of 1 to 16 bits|e4m3"},
	{"run tfc,dtype=int17 --device pynq-z1", "int17"},
	{"run tfc,dtype=w0a2 --device pynq-z1", "w0a2"},
	{"run tfc,dtype=w17a2 --device pynq-z1", "w17a2"},
	{"run tfc --device pynq-z1 --set native=fp64", "native|fp64"},
	// FIFOs.
	{"run tfc,dtype=w1a1 --device pynq-z1 --set fifo.depth=-1", "fifo.depth=-1|at least 0"},
	{"run tfc,dtype=w1a1 --device pynq-z1 --set fifo.depth=deep", "fifo.depth=deep"},
	{"run tfc,dtype=w1a1 --device pynq-z1 --set fifo.depths=[fc1.fifo:0]", "fifo.depths|\"fc1.fifo:0\"|depth from 1"},
	{"run tfc,dtype=w1a1 --device pynq-z1 --set fifo.depths=[fc1.fifo]", "fifo.depths|name:depth"},
	{"run tfc,dtype=w1a1 --device pynq-z1 --set fifo.depths=[fc1.fofi:8]", "fifo.depths|\"fc1.fofi\"|did you mean \"fc1.fifo\""},
	{"run tfc,dtype=w1a1 --device pynq-z1 --set fifo.depths=[fc1.fifo:8,fc1.fifo:9]", "fifo.depths|twice"},
	// Operators without a stage.
	{"run layernorm:rows=4,cols=8,dtype=int8 --device pynq-z1 --set host.rate=0␣Hz", "layernorm|no stage for LayerNormalization|host.rate"},
	{"run attention:heads=1,seq=4,kv=4,dim=8,dtype=int8 --device zcu104 --set host.rate=0␣Hz", "attention|no stage|host.rate"},
	{"run tfc,dtype=w1a1 --device pynq-z1 --set host.rate=-1␣Hz", "host.rate|at least"},
	// Keys.
	{"run tfc --device pynq-z1 --set design=strea", "design=strea|streaming"},
	{"run tfc --device pynq-z1 --set hls.io=serial", "hls.io=serial|parallel"},
	{"run tfc --device pynq-z1 --set hls.tool=quartus", "hls.tool=quartus|vivado"},
	{"run tfc --device pynq-z1 --set hls.reuse=0", "hls.reuse=0|at least 1"},
	{"run tfc --device pynq-z1 --set hls.zeros=1.5", "hls.zeros=1.5|at most 1"},
	{"run tfc --device pynq-z1 --set hls.period=1␣ps", "hls.period|at least"},
	{"run tfc --device pynq-z1 --set limits.lut=0", "limits.lut=0|at least"},
	{"run tfc --device pynq-z1 --set limits.bram=1.01", "limits.bram=1.01|at most 1"},
	{"run tfc --device pynq-z1 --set clock=0␣Hz", "clock|at least"},
	{"run tfc --device pynq-z1 --set part.slice=dsp99", "part.slice=dsp99|dsp58"},
	{"run tfc --device pynq-z1 --set power.toggle=2", "power.toggle=2|at most 1"},
	{"run tfc --device pynq-z1 --set fold.product=carry", "fold.product=carry|lut"},
}

func TestWrongPipelines(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, w := range wrongPipelines {
		refused(t, w)
	}
}

// TestDeadlockIsFoundWhileRunning: status 1, nothing on standard output, and one line with
// the ring and the depths that free it.
func TestDeadlockIsFoundWhileRunning(t *testing.T) {
	code, stdout, stderr := command("run", "resnet18,dtype=w1a2", "--device", "alveo-u250", "--set", "design=streaming", "--set", "fifo.depth=4", "--check", "none")
	assert.Equal(t, failed, code)
	assert.Empty(t, stdout)
	assert.Equal(t, 1, strings.Count(stderr, "\n"), "one line: %q", stderr)
	for _, part := range []string{"deadlock after cycle", "waits for room in", "waits for a token in", "a depth of", "fifo.depths"} {
		assert.Contains(t, stderr, part)
	}
}
