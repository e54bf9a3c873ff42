package experiments

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"nnsim/experiments/expr"
	"nnsim/results"
	"nnsim/unit/spell"
)

// Claim is a statement that people make, and the runs that decide whether it holds:
//
//	claim: in int8 a network takes less energy than in fp32
//	cases:
//	  int8: {device: a100-sxm, workload: "resnet50,dtype=int8"}
//	  fp32: {device: a100-sxm, workload: "resnet50,dtype=fp32", set: {clock: 1 GHz}}
//	holds: [int8.energy_per_inference_joules < fp32.energy_per_inference_joules]
//	verdict: holds                # what the simulation said when this was written
//	why: where the energy goes, in a sentence or two
type Claim struct {
	Name, Says, Why string
	Stated          string // verdict in the file: holds, fails, or "" for none
	Cases           []Case
	Conditions      []Condition

	conditions []*expr.Expr
}

// Case is one run of a claim.
type Case struct {
	Name       string
	Experiment Experiment
	Run        *results.Run
}

// Condition is one part of a claim, with the figures it was decided by.
type Condition struct {
	Text  string             `json:"text"`
	Holds bool               `json:"holds"`
	Of    map[string]float64 `json:"of"`
}

var claimKeys = []string{"claim", "cases", "holds", "verdict", "why"}

// ReadClaim reads a claim from a YAML file and opens all it names.
func ReadClaim(path string) (*Claim, error) {
	text, err := readSmall("claim", path)
	if err != nil {
		return nil, err
	}
	f := specFile{path}
	root, err := f.root(text)
	if err != nil {
		return nil, err
	}
	list, err := f.entries(root, "", claimKeys)
	if err != nil {
		return nil, err
	}
	c := &Claim{Name: path}
	for _, e := range list {
		if err := c.read(f, e); err != nil {
			return nil, err
		}
	}
	switch {
	case c.Says == "":
		return nil, f.fault(0, "claim", "missing; say in a sentence what is claimed")
	case len(c.Cases) < 2:
		return nil, f.fault(0, "cases", "a claim compares at least two runs; name each and give it a device and a workload")
	case len(c.conditions) == 0:
		return nil, f.fault(0, "holds", "missing; write what must be true, such as a.seconds < b.seconds")
	}
	return c, c.check(f)
}

func (c *Claim) read(f specFile, e entry) (err error) {
	switch e.key {
	case "claim":
		c.Says, err = f.word(e, e.key)
	case "why":
		c.Why, err = f.word(e, e.key)
	case "verdict":
		if c.Stated, err = f.word(e, e.key); err == nil && c.Stated != "holds" && c.Stated != "fails" {
			err = f.fault(e.line, e.key, "%s: write holds or fails, or leave it out", c.Stated)
		}
	case "cases":
		var list []entry
		list, err = f.entries(e.value, e.key, nil)
		for _, item := range list {
			one, err := f.readCase(item)
			if err != nil {
				return err
			}
			c.Cases = append(c.Cases, one)
		}
	case "holds":
		var words []string
		words, err = f.words(e, e.key)
		for _, w := range words {
			condition, err := expr.Parse(w)
			if err != nil {
				return f.fault(e.line, e.key, "%q: %v", w, err)
			}
			c.conditions = append(c.conditions, condition)
		}
	}
	return err
}

func (f specFile) readCase(e entry) (c Case, err error) {
	c.Name = e.key
	where := "cases." + e.key
	list, err := f.entries(e.value, where, []string{"device", "workload", "set"})
	for _, item := range list {
		switch item.key {
		case "device":
			c.Experiment.Device, err = f.word(item, where+".device")
		case "workload":
			c.Experiment.Workload, err = f.word(item, where+".workload")
		case "set":
			var sets []entry
			sets, err = f.entries(item.value, where+".set", nil)
			for _, s := range sets {
				value, err := f.word(s, where+".set."+s.key)
				if err != nil {
					return c, err
				}
				c.Experiment.Sets = append(c.Experiment.Sets, s.key+"="+value)
			}
		}
		if err != nil {
			return c, err
		}
	}
	if err == nil && (c.Experiment.Device == "" || c.Experiment.Workload == "") {
		err = f.fault(e.line, where, "needs a device and a workload")
	}
	return c, err
}

// check opens every case, and sees that conditions speak of cases.
func (c *Claim) check(f specFile) error {
	var names []string
	for _, one := range c.Cases {
		names = append(names, one.Name)
		if _, err := one.Experiment.Prepare(); err != nil {
			return f.fault(0, "cases."+one.Name, "%v", err)
		}
	}
	for _, condition := range c.conditions {
		for _, name := range condition.Names {
			who, path, _ := strings.Cut(name, ".")
			if !slices.Contains(names, who) || path == "" {
				return f.fault(0, "holds", "%q: %s is no figure of a case%s; write such as %s.seconds", condition.Text, name, spell.DidYouMean(who, names), names[0])
			}
		}
	}
	return nil
}

// Decide runs the cases, so many at a time, and works out what is claimed.
func (c *Claim) Decide(ctx context.Context, workers int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, workers))
	for i := range c.Cases {
		group.Go(func() (err error) {
			c.Cases[i].Run, err = c.Cases[i].Experiment.Run(ctx)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	trees := map[string]results.Tree{}
	for _, one := range c.Cases {
		tree, err := results.Values(one.Run)
		if err != nil {
			return err
		}
		trees[one.Name] = tree
	}
	c.Conditions = nil
	for _, e := range c.conditions {
		done := Condition{Text: e.Text, Of: map[string]float64{}}
		var err error
		if done.Holds, err = e.True(func(name string) (any, error) {
			who, path, _ := strings.Cut(name, ".")
			v, err := trees[who].Lookup(path)
			if number, ok := v.(float64); ok {
				done.Of[name] = number
			}
			return v, err
		}); err != nil {
			return fmt.Errorf("%s: holds: %q: %w", c.Name, e.Text, err)
		}
		c.Conditions = append(c.Conditions, done)
	}
	return nil
}

// Verdict is holds if all of the claim does, else fails.
func (c *Claim) Verdict() string {
	for _, condition := range c.Conditions {
		if !condition.Holds {
			return "fails"
		}
	}
	return "holds"
}

// Surprise is a Failure where the verdict is not the one that the file states.
func (c *Claim) Surprise() error {
	if c.Stated == "" || c.Stated == c.Verdict() {
		return nil
	}
	return Failure{fmt.Sprintf("claim %s: the file says %s, the simulation %s", c.Name, c.Stated, c.Verdict())}
}

// WriteClaims prints claims with what was found.
func WriteClaims(w io.Writer, claims []*Claim) (err error) {
	line := func(format string, args ...any) {
		_, e := fmt.Fprintf(w, format+"\n", args...)
		err = errors.Join(err, e)
	}
	for i, c := range claims {
		if i > 0 {
			line("")
		}
		line("%s: %s", strings.ToUpper(c.Verdict()), c.Says)
		for _, condition := range c.Conditions {
			line("  %-5v %s", condition.Holds, condition.Text)
		}
		for _, one := range c.Cases {
			r := one.Run
			line("  %-14s %-16s %10v %11v an inference, %9v, util %5.1f %%, bound by %s", one.Name, r.Device.Name, r.Seconds, r.EnergyPerInference, r.AveragePowerWatts, 100*r.Utilization, r.Bound)
		}
		if c.Why != "" {
			line("  why: %s", c.Why)
		}
	}
	return err
}

// ClaimFiles lists the claims that paths name: files, and all files of folders.
func ClaimFiles(paths []string) (list []string, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, fmt.Errorf("claim %s: %w; give a YAML file or a folder of them, such as examples/claims", path, plainCause(err))
		}
		if !info.IsDir() {
			list = append(list, path)
			continue
		}
		found, err := filepath.Glob(filepath.Join(path, "*.yaml"))
		if err != nil || len(found) == 0 {
			return nil, fmt.Errorf("claim %s: no file in this folder ends in .yaml", path)
		}
		list = append(list, found...)
	}
	return list, nil
}

// MarshalJSON writes the claim with its verdict and the runs that decided it.
func (c *Claim) MarshalJSON() ([]byte, error) {
	runs := map[string]*results.Run{}
	for _, one := range c.Cases {
		runs[one.Name] = one.Run
	}
	return json.Marshal(map[string]any{"file": c.Name, "claim": c.Says, "why": c.Why, "stated": c.Stated, "verdict": c.Verdict(), "holds": c.Conditions, "runs": runs})
}
