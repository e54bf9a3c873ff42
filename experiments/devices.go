package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nnsim/arch"
	"nnsim/arch/asic/diannao"
	"nnsim/arch/asic/eie"
	"nnsim/arch/asic/eyeriss"
	"nnsim/arch/asic/nvdla"
	"nnsim/arch/config"
	"nnsim/arch/fpga"
	"nnsim/arch/gpu"
	"nnsim/arch/systolic"
	"nnsim/arch/traffic"
	"nnsim/unit/spell"
)

// kind is one family of machines: its presets, and how a machine is read from YAML.
type kind struct {
	name    string
	presets func() []string
	text    func(preset string) ([]byte, bool)
	open    func(name string, text []byte, sets []string) (arch.Machine, error)
}

// kinds is the list of devices: one row for each folder under arch that is a machine.
var kinds = []kind{
	{"systolic", systolic.Presets.Names, systolic.Presets.Text, opens(systolic.Open)},
	{"convolution-engine", nvdla.Presets.Names, nvdla.Presets.Text, opens(nvdla.Open)},
	{"multiplier-tree", diannao.Presets.Names, diannao.Presets.Text, opens(diannao.Open)},
	{"sparse-engine", eie.Presets.Names, eie.Presets.Text, opens(eie.Open)},
	{"fpga", fpga.Presets.Names, fpga.Presets.Text, opens(fpga.Open)},
	{"gpu", gpu.Presets.Names, gpu.Presets.Text, opens(gpu.Open)},
	{"row-stationary", eyeriss.Presets.Names, eyeriss.Presets.Text, opens(eyeriss.Open)},
	{"memory", traffic.MemoryPresets, traffic.Presets.Text, opens(traffic.OpenMemory)},
	{"sram", traffic.SRAMPresets, traffic.Presets.Text, opens(traffic.OpenSRAM)},
	{"network", traffic.NetworkPresets, traffic.Presets.Text, opens(traffic.OpenNetwork)},
}

// eventless lists the kinds whose layers are simulated without events, so that there is nothing to watch.
var eventless = []string{"fpga"}

func watched(kind string) bool { return !slices.Contains(eventless, kind) }

// opens makes a row's open of a function that returns its own type of machine.
func opens[M arch.Machine](open func(string, []byte, []string) (M, error)) func(string, []byte, []string) (arch.Machine, error) {
	return func(name string, text []byte, sets []string) (arch.Machine, error) {
		m, err := open(name, text, sets)
		if err != nil {
			return nil, err
		}
		return m, nil
	}
}

// Preset is a device that comes with the program.
type Preset struct{ Name, Kind, About string }

// Presets lists them, kind by kind.
func Presets() (list []Preset) {
	for _, k := range kinds {
		for _, name := range k.presets() {
			text, _ := k.text(name)
			about, _ := config.Word(name, text, "about")
			list = append(list, Preset{name, k.name, about})
		}
	}
	return list
}

// IsDevice tells whether a name is a preset's or looks like a device's file.
func IsDevice(name string) bool {
	_, _, ok := preset(name)
	return ok || isYAML(name)
}

func isYAML(name string) bool {
	ext := strings.ToLower(filepath.Ext(name))
	return ext == ".yaml" || ext == ".yml"
}

func preset(name string) (kind, []byte, bool) {
	for _, k := range kinds {
		for _, p := range k.presets() {
			if p == name {
				text, ok := k.text(name)
				return k, text, ok
			}
		}
	}
	return kind{}, nil, false
}

// OpenDevice opens a preset by name or a YAML file by path, with values set.
func OpenDevice(name string, sets []string) (arch.Machine, error) {
	sets, _, err := governed(sets)
	if err != nil {
		return nil, err
	}
	if k, text, ok := preset(name); ok {
		return k.open(name, text, sets)
	}
	if !isYAML(name) {
		return nil, unknownDevice(name)
	}
	text, err := readSmall("device", name)
	if err != nil {
		return nil, err
	}
	k, err := kindOf(name, text)
	if err != nil {
		return nil, err
	}
	return k.open(name, text, sets)
}

// unknownDevice says what there is instead.
func unknownDevice(name string) error {
	var names []string
	for _, p := range Presets() {
		names = append(names, p.Name)
	}
	if name == "" {
		return fmt.Errorf("device: missing; name a preset or a .yaml file with --device (`nnsim list devices`)")
	}
	hint := spell.DidYouMean(name, names)
	if hint == "" {
		hint = "; `nnsim list devices` names the presets, and a path to a .yaml file is taken too"
	}
	return fmt.Errorf("device %q is not known%s", name, hint)
}

// readSmall reads a file that describes something, which is at most 1 MiB long.
func readSmall(what, path string) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s %s: %w", what, path, plainCause(err))
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s %s: not a regular file", what, path)
	case info.Size() > 1<<20:
		return nil, fmt.Errorf("%s %s: %d bytes long; a %s's file has at most 1 MiB", what, path, info.Size(), what)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", what, path, plainCause(err))
	}
	return text, nil
}

// kindOf finds the family that a file says it belongs to.
func kindOf(name string, text []byte) (kind, error) {
	word, err := config.Word(name, text, "kind")
	if err != nil {
		return kind{}, err
	}
	var known []string
	for _, k := range kinds {
		if k.name == word {
			return k, nil
		}
		known = append(known, k.name)
	}
	if word == "" {
		return kind{}, fmt.Errorf("%s: kind: missing; write which model simulates the device, one of: %s", name, strings.Join(known, ", "))
	}
	return kind{}, fmt.Errorf("%s: kind: %s: this program has no such kind of device%s; it has: %s",
		name, word, spell.DidYouMean(word, known), strings.Join(known, ", "))
}
