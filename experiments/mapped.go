package experiments

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nnsim/arch"
	"nnsim/mapping/search"
	"nnsim/unit/spell"
)

// mapped is what --mapping asks for: the device's own choice, a search, or a file.
//
//	default
//	search[,budget=20000][,simulate=24][,method=auto|exhaustive|branch|random|annealed]
//	FILE.yaml
type mapped struct {
	search   bool
	file     string
	budget   int // mappings reckoned for each layer, at most
	simulate int // plans simulated, at most
	method   search.Method
}

// What a search may spend if nothing is said: some seconds for resnet50.
const (
	usualBudget   = 20_000
	usualSimulate = 24
)

// parseMapping reads the word of --mapping.
func parseMapping(text string) (m mapped, err error) {
	head, rest, _ := strings.Cut(text, ",")
	switch {
	case text == "" || text == "default":
		return mapped{}, nil
	case head == "search":
		m = mapped{search: true, budget: usualBudget, simulate: usualSimulate, method: search.Auto}
		return m, m.options(rest)
	case isYAML(text):
		return mapped{file: text}, nil
	}
	return m, fmt.Errorf("mapping: %q: write default, search or a file FILE.yaml%s", text, spell.DidYouMean(text, []string{"default", "search"}))
}

// CheckMapping refuses a word of --mapping that cannot be read.
func CheckMapping(text string) error {
	_, err := parseMapping(text)
	return err
}

// options reads what stands behind search.
func (m *mapped) options(text string) (err error) {
	seen := map[string]bool{}
	for _, option := range strings.Split(text, ",") {
		key, value, ok := strings.Cut(option, "=")
		names := []string{"budget", "simulate", "method"}
		switch {
		case text == "":
			return nil
		case !ok || !slices.Contains(names, key):
			return fmt.Errorf("mapping: search: %q: write budget=, simulate= or method=%s", option, spell.DidYouMean(key, names))
		case seen[key]:
			return fmt.Errorf("mapping: search: %s is given twice; leave one out", key)
		case key == "method":
			if m.method, err = search.ParseMethod(value); err != nil {
				return fmt.Errorf("mapping: search: method: %w", err)
			}
		default:
			least, most, into := 1, 100_000_000, &m.budget
			if key == "simulate" {
				least, most, into = 0, 10_000, &m.simulate
			}
			if *into, err = strconv.Atoi(value); err != nil || *into < least || *into > most {
				return fmt.Errorf("mapping: search: %s=%s: write a whole number from %d to %d", key, value, least, most)
			}
		}
		seen[key] = true
	}
	return nil
}

// text is the canonical word, with the hash of a file's text.
func (m mapped) text() (string, error) {
	switch {
	case m.search:
		return fmt.Sprintf("search,budget=%d,simulate=%d,method=%s", m.budget, m.simulate, m.method), nil
	case m.file != "":
		hash, err := hashOf("mapping", m.file)
		return "file " + hash, err
	}
	return "default", nil
}

// Notes say how the plan came about, where it is not the device's own.
func (p *Prepared) Notes() []string { return p.notes }

// noChoice says that a machine leaves a workload no choice of mappings, and why.
func (p *Prepared) noChoice() string {
	text := fmt.Sprintf("%s leaves no choice of mappings for %s", p.Machine.Name(), p.Workload.Name)
	if f, ok := p.Machine.(arch.Fixed); ok && f.Fixed() != "" {
		text += ": " + f.Fixed()
	}
	return text
}

// mappingText is the canonical word of the experiment's mapping.
func (e Experiment) mappingText() (string, error) {
	m, err := parseMapping(e.Mapping)
	if err != nil {
		return "", err
	}
	return m.text()
}

// remap gives the plan the mappings that are asked for.
func (p *Prepared) remap(e Experiment) error {
	m, err := parseMapping(e.Mapping)
	switch {
	case err != nil:
		return err
	case m.file != "":
		return p.readMapping(m.file)
	case m.search:
		return p.searchMapping(m, e)
	}
	return nil
}
