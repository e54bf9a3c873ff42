// Package zoo builds the networks people compare accelerators with, in Go, with
// seeded weights that exist only as a formula until somebody reads them.
//
//	Build("resnet50", Options{Batch: 8})
//	          │
//	          ▼
//	table of models ──▶ layers on a workloads.Builder ──▶ *workloads.Graph
//
// One family of networks is one file, which reads like the table in its paper.
// The TPU v1 networks are shapes of ours: of the originals only the numbers of
// layers and weights, batch and operations per weight byte are published.
//
// Sources: the papers and torchvision's documentation, named with each model.
//
// Not modelled: trained weights and what they mean (outputs are right for the
// seeded weights and useless for anything else), padding masks of ragged
// batches, and the choice of the next token.
package zoo

import (
	"fmt"
	"slices"
	"strings"

	"nnsim/unit/spell"
	"nnsim/workloads"
)

// Options vary a network. Zero values mean the model's own defaults.
type Options struct {
	Batch int    // images, sequences or rows at once
	Image int    // height and width of the input picture
	Seq   int    // tokens processed in this run
	KV    int    // tokens already in the key-value cache
	Phase string // of a language model: prefill (default) or decode
	Seed  uint64 // of weights and inputs
}

// Info describes a network as published, for one input at default options.
type Info struct {
	Name, Family string
	Default      Options
	MACs, Params int64   // 0 where nothing is published
	Tolerance    float64 // how exactly the publication states them, as a fraction
	Source       string
	// Layers counts fully connected, convolutional, vector and pooling layers of
	// the networks that are published by these numbers.
	Layers map[string]int
}

// model is one row of the zoo: what is published, and how the network is built.
type model struct {
	Info
	build func(b *workloads.Builder, o Options) []*workloads.Tensor
}

// Families and the options that mean something to each of them.
var families = map[string][]string{
	"vision":         {"batch", "image"},
	"encoder":        {"batch", "seq"},
	"language model": {"batch", "seq", "phase", "kv"},
	"tpu v1":         {"batch"},
}

// models lists the zoo in the order of its listing.
func models() []model {
	return slices.Concat(alexnet, vgg, resnets, mobilenets, shufflenets, squeezenets, inceptions, finn, hls4mlNets, encoders, languageModels, tpuMLPs, tpuLSTMs, tpuCNNs)
}

// Names lists the networks.
func Names() []string {
	var names []string
	for _, m := range models() {
		names = append(names, m.Name)
	}
	return names
}

func find(name string) (model, bool) {
	all := models()
	i := slices.IndexFunc(all, func(m model) bool { return m.Name == name })
	if i < 0 {
		return model{}, false
	}
	return all[i], true
}

// Describe tells what is published about a network.
func Describe(name string) (Info, bool) {
	m, ok := find(name)
	return m.Info, ok
}

// Keys lists the options that a network takes, by the names of the workload string.
func (i Info) Keys() []string { return families[i.Family] }

// Build makes a network. Its weights cost no memory until they are read.
func Build(name string, o Options) (*workloads.Graph, error) {
	m, ok := find(name)
	if !ok {
		return nil, fmt.Errorf("zoo: no network %q%s (one of %s)", name, spell.DidYouMean(name, Names()), strings.Join(Names(), ", "))
	}
	o, err := m.resolve(o)
	if err != nil {
		return nil, err
	}
	b := workloads.NewBuilder(name, o.Seed)
	return b.Build(m.build(b, o)...)
}

// resolve fills in defaults and refuses options that mean nothing here.
func (m model) resolve(o Options) (Options, error) {
	takes, given := m.Keys(), []struct {
		key string
		at  *int
		def int
	}{{"batch", &o.Batch, m.Default.Batch}, {"image", &o.Image, m.Default.Image}, {"seq", &o.Seq, m.Default.Seq}, {"kv", &o.KV, 0}}
	for _, g := range given {
		switch {
		case *g.at < 0:
			return o, fmt.Errorf("zoo: %s: %s=%d must be at least 1", m.Name, g.key, *g.at)
		case *g.at > 0 && !slices.Contains(takes, g.key):
			return o, fmt.Errorf("zoo: %s has no %s; it takes %s", m.Name, g.key, strings.Join(takes, ", "))
		case *g.at > 1<<24:
			return o, fmt.Errorf("zoo: %s: %s=%d is beyond 2^24", m.Name, g.key, *g.at)
		}
	}
	if err := m.phase(&o); err != nil {
		return o, err
	}
	for _, g := range given {
		if *g.at == 0 {
			*g.at = g.def
		}
	}
	return o, nil
}

// phase settles what a language model does: a prompt at once, or one token
// against the cache of those before it.
func (m model) phase(o *Options) error {
	if o.Phase != "" && !slices.Contains(m.Keys(), "phase") {
		return fmt.Errorf("zoo: %s has no phase; only language models do", m.Name)
	}
	switch o.Phase {
	case "", "prefill":
		return nil
	case "decode":
		if o.Seq > 1 {
			return fmt.Errorf("zoo: %s: phase=decode makes one token, not seq=%d; leave seq out", m.Name, o.Seq)
		}
		o.Seq = 1
		if o.KV == 0 {
			o.KV = m.Default.Seq
		}
		return nil
	}
	return fmt.Errorf("zoo: %s: phase=%q is neither prefill nor decode", m.Name, o.Phase)
}

// convBN is the unit most convolutional networks are made of: convolution
// without bias, batch normalisation, and a ReLU unless it ends a branch.
func convBN(b *workloads.Builder, name string, x *workloads.Tensor, filters int, w workloads.Window) *workloads.Tensor {
	x = b.BatchNorm(name+".bn", b.Conv(name, x, filters, w), 1)
	return b.Relu(name+".relu", x)
}

// picture is the input of a vision network.
func picture(b *workloads.Builder, o Options) *workloads.Tensor {
	return b.Input("input", o.Batch, 3, o.Image, o.Image)
}
