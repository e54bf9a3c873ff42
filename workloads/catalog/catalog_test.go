package catalog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/unit"
	"nnsim/workloads"
)

// Each line: what is written, how the program spells it, and the products it has.
func TestOpens(t *testing.T) {
	for _, c := range []struct {
		spec, canonical string
		macs            int64
	}{
		{"resnet50", "resnet50", 4089184256},
		{" resnet50 , dtype=int8 , batch=8 ", "resnet50,batch=8,dtype=int8", 8 * 4089184256},
		{"resnet50,batch=1,zeros=0.580,wzeros=.3", "resnet50,zeros=0.58,wzeros=0.3", 4089184256},
		{"bert-base,seq=64", "bert-base,seq=64", 12*(64*(4*768*768+2*768*3072)+2*64*64*768) + 768*768},
		{"gpt2-small,phase=decode,kv=100", "gpt2-small,phase=decode,kv=100", 12*(4*768*768+2*768*3072+2*101*768) + 768*50257},
		{"gpt2-small,phase=prefill", "gpt2-small", 12*(128*(4*768*768+2*768*3072)+2*128*128*768) + 768*50257},
		{"gemm:m=512,n=1024,k=2048,dtype=bf16", "gemm:m=512,n=1024,k=2048,dtype=bf16", 512 * 1024 * 2048},
		{"gemm:k=3,n=2,m=1,batch=4", "gemm:m=1,n=2,k=3,batch=4", 24},
		{"conv:n=1,c=64,h=56,w=56,k=64,r=3,s=3,stride=1,pad=1,groups=1,dtype=int8", "conv:c=64,h=56,w=56,k=64,r=3,s=3,pad=1,dtype=int8", 56 * 56 * 64 * 64 * 9},
		{"conv:c=32,h=112,w=112,k=32,r=3,s=3,stride=2,pad=1,groups=32", "conv:c=32,h=112,w=112,k=32,r=3,s=3,stride=2,pad=1,groups=32", 56 * 56 * 32 * 9},
		{"conv:n=2,c=4,h=9,w=7,k=6,r=3,s=2,dil=2", "conv:n=2,c=4,h=9,w=7,k=6,r=3,s=2,dil=2", 2 * 6 * 5 * 5 * 4 * 6},
		{"attention:batch=1,heads=32,kvheads=8,seq=2048,kv=2048,dim=128,causal=true,dtype=bf16",
			"attention:heads=32,kvheads=8,seq=2048,kv=2048,dim=128,causal=true,dtype=bf16", 2 * 32 * 2048 * 2048 * 128},
		{"attention:batch=16,heads=32,kvheads=8,seq=1,kv=4096,dim=128,causal=false", "attention:batch=16,heads=32,kvheads=8,seq=1,kv=4096,dim=128", 2 * 16 * 32 * 4096 * 128},
		{"attention:heads=2,seq=3,kv=7,dim=4,causal=true", "attention:heads=2,seq=3,kv=7,dim=4,causal=true", 2 * 2 * 3 * 7 * 4},
		{"softmax:rows=4096,cols=4096,dtype=fp16", "softmax:rows=4096,cols=4096,dtype=fp16", 0},
		{"layernorm:rows=2,cols=3", "layernorm:rows=2,cols=3", 0},
		{"rmsnorm:rows=2,cols=3", "rmsnorm:rows=2,cols=3", 0},
		{"argmax:rows=2,cols=3", "argmax:rows=2,cols=3", 0},
		{"gelu:rows=2,cols=3", "gelu:rows=2,cols=3", 0},
		{"relu:rows=2,cols=3,seed=7", "relu:rows=2,cols=3,seed=7", 0},
		{"add:rows=2,cols=3", "add:rows=2,cols=3", 0},
		{"mul:rows=2,cols=3,dtype=fp8", "mul:rows=2,cols=3,dtype=e4m3", 0},
		{"maxpool:c=3,h=9,w=9,r=3,s=3,stride=2,pad=1", "maxpool:c=3,h=9,w=9,r=3,s=3,stride=2,pad=1", 0},
		{"resize:c=3,h=9,w=9,scale=2,mode=nearest", "resize:c=3,h=9,w=9,scale=2", 0},
		{"resize:n=2,c=3,h=9,w=9,scale=0.50,mode=linear", "resize:n=2,c=3,h=9,w=9,scale=0.5,mode=linear", 0},
		{"avgpool:n=2,c=3,h=9,w=9,r=2,s=3", "avgpool:n=2,c=3,h=9,w=9,r=2,s=3", 0},
	} {
		t.Run(c.spec, func(t *testing.T) {
			w, err := Open(c.spec, Defaults{Seed: 5})
			require.NoError(t, err)
			assert.Equal(t, c.canonical, w.Spec)
			require.NoError(t, w.Graph.Validate())
			assert.Equal(t, c.macs, workloads.GraphMACs(w.Graph))
			again, err := Open(w.Spec, Defaults{Seed: 5})
			require.NoError(t, err)
			assert.Equal(t, w.Spec, again.Spec, "the canonical spelling is its own")
			assert.Equal(t, w.Precision, again.Precision)
		})
	}
}

func TestOptionsReachTheWorkload(t *testing.T) {
	w, err := Open("gemm:m=1,n=2,k=3,dtype=w1a2,zeros=0.25,wzeros=1", Defaults{Seed: 9})
	require.NoError(t, err)
	assert.Equal(t, &workloads.Precision{Weight: workloads.Bipolar, Act: workloads.Int2}, w.Precision)
	assert.Equal(t, []float64{0.25, 1}, []float64{*w.Zeros, *w.WZeros})
	assert.EqualValues(t, 9, w.Seed)
	assert.Equal(t, "random", w.Input)

	w, err = Open("gemm:m=1,n=2,k=3,seed=18446744073709551615", Defaults{})
	require.NoError(t, err)
	assert.EqualValues(t, uint64(1<<64-1), w.Seed)
	assert.Nil(t, w.Precision)
	assert.Nil(t, w.Zeros)
}

func TestStreamAndIdle(t *testing.T) {
	w, err := Open("stream:pattern=randmix21,requests=60000,gap=7.5", Defaults{})
	require.NoError(t, err)
	assert.Equal(t, &Stream{Pattern: "randmix21", Requests: 60000, Gap: 7.5}, w.Stream)
	assert.Nil(t, w.Graph)

	w, err = Open("stream:pattern=seq,bytes=64MiB,burst=4KiB,gap=0", Defaults{})
	require.NoError(t, err)
	assert.Equal(t, &Stream{Pattern: "seq", Bytes: 64 << 20, Burst: 4096}, w.Stream)
	assert.Equal(t, "stream:pattern=seq,bytes=67108864B,burst=4096B", w.Spec)
	again, err := Open(w.Spec, Defaults{})
	require.NoError(t, err)
	assert.Equal(t, w, again)

	w, err = Open("stream:pattern=hotspot,rate=.3,flits=4,hot=9", Defaults{Seed: 5})
	require.NoError(t, err)
	assert.Equal(t, &Stream{Pattern: "hotspot", Rate: 0.3, Flits: 4, Hot: 9, Receivers: 1, Seed: 5}, w.Stream)
	assert.Equal(t, "stream:pattern=hotspot,rate=0.3,flits=4,hot=9", w.Spec)

	for text, want := range map[string]unit.Seconds{"1": 1, "0.25": 0.25, "20ms": 0.02, "3 s": 3} {
		w, err = Open("idle:seconds="+text, Defaults{})
		require.NoError(t, err)
		assert.Equal(t, &Idle{want}, w.Idle)
	}
}

// Nonsense: one line, which names what is wrong and what would be right.
func TestRefuses(t *testing.T) {
	for spec, want := range map[string]string{
		"":                                      "it is empty; give a network such as resnet50",
		",batch=2":                              "it is empty",
		"resnet5O":                              `did you mean "resnet50"?`,
		"resent50,batch=2":                      `did you mean "resnet50"?`,
		"gem:m=1,n=1,k=1":                       `did you mean "gemm"?`,
		"quark":                                 "is no network (alexnet",
		"quark:m=1":                             `"quark" is no network`,
		"resnet50,bacth=2":                      `there is no key "bacth"; did you mean "batch"?`,
		"resnet50,seq=2":                        `there is no key "seq"`,
		"resnet50,batch=0":                      "batch=0: must be a whole number from 1 to 2147483647",
		"resnet50,batch=-3":                     "batch=-3: must be a whole number",
		"resnet50,batch=1.5":                    "batch=1.5: must be a whole number",
		"resnet50,batch=":                       `batch="": must be a whole number`,
		"resnet50,batch=2,batch=2":              "batch= is given twice",
		"resnet50,batch":                        `option "batch" is not key=value`,
		"resnet50,":                             "",
		"resnet50,,batch=2":                     `option "" is not key=value`,
		"resnet50,batch=99999999999999999":      "batch=99999999999999999: must be a whole number",
		"resnet50,batch=2147483647":             "batch=2147483647 is beyond 2^24",
		"resnet50,batch=16777216":               "more than 2^40 elements",
		"resnet50,image=3,":                     "",
		"vit-b16,image=100":                     "image=100 is no multiple of the patch, 16",
		"alexnet,image=20":                      "alexnet",
		"resnet50,dtype=int17":                  "dtype=int17: must be a data type: fp32",
		"resnet50,dtype=w17a9":                  "dtype=w17a9: must be a data type",
		"resnet50,zeros=1.5":                    "zeros=1.5: must be a number from 0 to 1",
		"resnet50,zeros=NaN":                    "zeros=NaN: must be a number from 0 to 1",
		"resnet50,wzeros=-0.1":                  "wzeros=-0.1",
		"resnet50,seed=-1":                      "seed=-1: must be a whole number from 0 to 2^64-1",
		"bert-base,seq=513":                     "bert-base has 512 positions",
		"gpt2-small,phase=train":                "phase=train: must be one of prefill, decode",
		"gpt2-small,phase=decode,seq=4":         "phase=decode makes one token, not seq=4",
		"gpt2-small,phase=decode,kv=1024":       "gpt2-small has 1024 positions, seq=1 and kv=1024 need 1025",
		"llama-7b,seq=4097":                     "llama-7b has 4096 positions",
		"gemm:m=4":                              "missing n=, k= (write gemm:m=,n=,k=,[batch=]",
		"gemm":                                  "missing m=, n=, k=",
		"gemm:":                                 "missing m=, n=, k=",
		"gemm:m=4,n=4,k=x":                      "k=x: must be a whole number",
		"gemm:m=0x10,n=4,k=4":                   "m=0x10: must be a whole number",
		"gemm:m=2147483648,n=1,k=1":             "m=2147483648",
		"gemm:m=2147483647,n=2147483647,k=1":    "more than 2^40 elements",
		"gemm:m=1,n=1,k=1,k=1":                  "k= is given twice",
		"gemm:m=1,n=1,k=1,stride=2":             `there is no key "stride"`,
		"conv:c=3,h=8,w=8,k=4,r=9,s=3":          "conv",
		"conv:c=3,h=8,w=8,k=4,r=3,s=3,groups=2": "groups=2 does not divide 3 channels and 4 filters",
		"conv:c=3,h=8,w=8,k=4":                  "missing r=, s=",
		"conv:c=3,h=8,w=8,k=4,r=3,s=3,stride=0": "stride=0: must be a whole number from 1",
		"conv:c=3,h=8,w=8,k=4,r=3,s=3,pad=-1":   "pad=-1: must be a whole number from 0",
		"conv:c=1,h=1,w=1,k=1,r=1048575,s=1048575,pad=1000000": "multiply-accumulates",
		"attention:heads=8,kvheads=3,seq=4,dim=4":              "heads=8 is no multiple of kvheads=3",
		"attention:heads=8,seq=4,kv=2,dim=4,causal=true":       "needs at least as many keys, not kv=2",
		"attention:heads=8,seq=4,dim=4,causal=yes":             "causal=yes: must be true or false",
		"softmax:rows=4":                              "missing cols=",
		"idle":                                        "missing seconds=",
		"idle:seconds=0":                              "seconds=0: must be seconds such as 0.5",
		"idle:seconds=-1":                             "seconds=-1",
		"idle:seconds=inf":                            "seconds=inf",
		"idle:seconds=1,dtype=int8":                   `there is no key "dtype"`,
		"stream:pattern=sequential,requests=5":        "pattern=sequential: must be one of seq, mix21",
		"stream:requests=5":                           "missing pattern=",
		"stream:pattern=seq":                          "missing requests= or bytes=",
		"stream:pattern=seq,requests=5,bytes=1MiB":    "exclude each other",
		"stream:pattern=seq,requests=5,gap=-1":        "gap=-1: must be a number from 0",
		"stream:pattern=seq,bytes=64":                 "bytes=64: must be a capacity such as 64MiB",
		"stream:pattern=seq,requests=5,burst=64B":     "burst=64",
		"stream:pattern=seq,bytes=64B,burst=128B":     "burst=128 is larger than bytes=64",
		"stream:pattern=seq,bytes=64B,gap=2":          "gap=2 is between the requests of requests=",
		"stream:pattern=seq,requests=5,rate=0.1":      "rate=0.1 means nothing to a memory",
		"stream:pattern=random,requests=5,seed=3":     "seed=3 means nothing to a memory",
		"stream:pattern=uniform":                      "missing rate=",
		"stream:pattern=uniform,rate=0":               "missing rate=",
		"stream:pattern=uniform,rate=1.5":             "rate=1.5: must be a number from 0 to 1",
		"stream:pattern=uniform,rate=0.1,requests=5":  "requests=5 means nothing to a network",
		"stream:pattern=uniform,rate=0.1,hot=5":       "hot=5 is the node that pattern=hotspot sends to",
		"stream:pattern=tornado,rate=0.1,receivers=4": "pattern=tornado says where packets go",
		"stream:pattern=uniform,rate=0.1,flits=0":     "flits=0: must be a whole number from 1",
		"nosuch.onnx":                                 "nosuch.onnx",
		"nosuch.csv,layer=x":                          "nosuch.csv",
		"a,b.csv":                                     "a,b.csv",
		"nosuch.onnx,layer=x":                         `there is no key "layer"`,
		"nosuch.onnx,weights=zero":                    "weights=zero: must be one of model, random",
		"nosuch.csv,dim=1":                            `there is no key "dim"`,
		strings.Repeat("x", 5000):                     "at most 4096 are read",
		"gemm:m=1,n=1,k=" + strings.Repeat("9", 3000): "must be a whole number",
		"gemm:m=1,n=1,k=1\n,batch=2\n3":               `batch="2\n3": must be a whole number`,
		"gemm:m=1,n=1,k=1,\xff=2":                     `there is no key "\xff"`,
		"resnet50\nfoo":                               `"resnet50\nfoo" is no network`,
	} {
		_, err := Open(spec, Defaults{})
		if want == "" {
			continue // listed beside their neighbours: accepted or refused, never a panic
		}
		if assert.Error(t, err, "%q", spec) {
			assert.Contains(t, err.Error(), want, "%q", spec)
			assert.NotContains(t, err.Error(), "\n", "%q", spec)
			assert.Less(t, len(err.Error()), 1200, "%q", spec)
		}
	}
}

func TestTopologyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "my,net.csv")
	require.NoError(t, os.WriteFile(path, []byte("Layer, M, N, K,\nfc1,1,2,3,\nfc2,4,5,6,\n"), 0o600))
	w, err := Open(path+",layer=fc2,dtype=int8", Defaults{})
	require.NoError(t, err)
	assert.Equal(t, "my,net", w.Name)
	assert.EqualValues(t, 120, workloads.GraphMACs(w.Graph))
	assert.True(t, strings.HasSuffix(w.Spec, "my,net.csv,layer=fc2,dtype=int8"), w.Spec)
	_, err = Open(path+",layer=fc3", Defaults{})
	assert.ErrorContains(t, err, `has no layer "fc3"`)
}

func TestONNXFile(t *testing.T) {
	path := "../../../shared/references/onnx/light/light_squeezenet.onnx"
	if _, err := os.Stat(path); err != nil {
		t.Skip("the shared ONNX models are not here: ", err)
	}
	w, err := Open(path+",batch=3,input=ramp,weights=random,seed=4", Defaults{})
	require.NoError(t, err)
	require.Len(t, w.Graph.Inputs, 1)
	in := w.Graph.Inputs[0]
	assert.Equal(t, 3, in.Shape[0])
	var last [1]float32
	in.Fill(last[:], in.Shape.Elements()-1)
	n := float32(in.Shape.Elements())
	assert.Equal(t, (n-1)/n, last[0])
	assert.Equal(t, "light_squeezenet", w.Name)
}

// openExtents is a model of one Relu over N × 2 × H × W.
const openExtents = "\x08\x08\x12\x05nnsim:<\x0a\x0c\x0a\x01x\x12\x01y\x22\x04Relu\x12\x01gZ\x1e\x0a\x01x\x12\x19\x0a\x17\x08\x01\x12\x13\x0a\x03\x12\x01N\x0a\x02\x08\x02\x0a\x03\x12\x01H\x0a\x03\x12\x01Wb\x09\x0a\x01y\x12\x04\x0a\x02\x08\x01B\x04\x0a\x00\x10\x0d"

// Extents that a model names are given by those names, in any order.
func TestOpenExtents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "open.onnx")
	require.NoError(t, os.WriteFile(path, []byte(openExtents), 0o600))
	w, err := Open(path+",dim.W=7,dim.H=9", Defaults{})
	require.NoError(t, err)
	assert.Equal(t, workloads.Shape{1, 2, 9, 7}, w.Graph.Inputs[0].Shape)
	assert.Equal(t, path+",dim.H=9,dim.W=7", w.Spec)
	for options, want := range map[string]string{
		"":                    "the model leaves extents open: H, W; say how large they are, as in dim.H=224",
		",dim.H=9":            "the model leaves extents open: W; say how large they are, as in dim.W=224",
		",dim.H=9,dim.Q=1":    "extent Q is given, but no input of the model has an axis of that name",
		",dim.H=9,dim.W=none": "dim.W=none: must be a whole number from 1",
		",dim.H=9,dim.H=9":    "dim.H= is given twice",
		",dim.=9":             `there is no key "dim."`,
	} {
		_, err := Open(path+options, Defaults{})
		assert.ErrorContains(t, err, want, options)
	}
}

// TestEntries: whatever the list shows can be found again.
func TestEntries(t *testing.T) {
	for _, e := range Entries() {
		assert.NotEmpty(t, e.About, e.Name)
		assert.Contains(t, e.Form, e.Name)
		s, err := sourceOf(e.Name)
		require.NoError(t, err)
		assert.Equal(t, e.Name, s.name)
	}
	assert.Subset(t, Names(), []string{"resnet50", "llama-7b", "tpu-cnn1", "gemm", "stream", "idle"})
}

// Every string is a workload, whose canonical spelling means the same, or one line.
func FuzzOpen(f *testing.F) {
	for _, s := range []string{"resnet50,batch=2", "gemm:m=1,n=2,k=3,dtype=w1a2", "conv:c=3,h=8,w=8,k=4,r=3,s=3,pad=1", "attention:heads=4,kvheads=2,seq=3,kv=9,dim=8,causal=true",
		"stream:pattern=seq,bytes=64MiB,burst=4KiB", "idle:seconds=20ms", "softmax:rows=4,cols=5,zeros=.5", "x.csv,layer=a", "avgpool:c=1,h=4,w=4,r=2,s=2", "gpt2-small,phase=decode,kv=7"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, spec string) {
		w, err := Open(spec, Defaults{Seed: 1})
		if err != nil {
			assert.NotContains(t, err.Error(), "\n")
			return
		}
		again, err := Open(w.Spec, Defaults{Seed: 1})
		require.NoError(t, err)
		assert.Equal(t, w.Spec, again.Spec)
		if w.Graph != nil {
			assert.GreaterOrEqual(t, workloads.GraphMACs(w.Graph), int64(0))
			assert.Equal(t, workloads.GraphMACs(w.Graph), workloads.GraphMACs(again.Graph))
		}
	})
}
