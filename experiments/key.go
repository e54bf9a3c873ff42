package experiments

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"nnsim/arch"
)

// Model counts the changes of the models after which old reports are no longer
// what the program would say. It is raised by hand with any change that moves a
// figure; a build, a date or a machine has no part in it.
const Model = 9

// Inputs is everything that an experiment's report depends on, as text.
type Inputs struct {
	Version  string            `json:"version"`
	Model    int               `json:"model"`
	Device   map[string]string `json:"device"`   // the whole configuration, key by key
	Workload string            `json:"workload"` // canonical
	File     string            `json:"file,omitempty"`
	Check    string            `json:"check"`
	Mapping  string            `json:"mapping"`
	Seed     int64             `json:"seed"`
}

// Key is the hash of an experiment's inputs, in hexadecimal digits. Two
// spellings of one experiment have one key.
func (in Inputs) Key() string {
	text, err := json.Marshal(in) // maps are written in the order of their keys
	if err != nil {
		panic(fmt.Sprintf("experiments: inputs of strings and numbers cannot be written: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}

// inputs says what the experiment's report depends on. The device and workload
// are those it would open; file is the hash of a workload's file, mapped the canonical
// word of its mapping.
func (e Experiment) inputs(m arch.Machine, spec, file, mapped string) Inputs {
	in := Inputs{Version: Version, Model: Model, Device: m.Describe(m.Native()).Resolved, Workload: spec, File: file,
		Check: string(e.Check), Mapping: mapped, Seed: e.Seed}
	if _, g, err := governed(e.Sets); err == nil && g != nil {
		in.Device = maps.Clone(in.Device)
		maps.Copy(in.Device, g.set)
	}
	if in.Check == "" {
		in.Check = string(arch.None)
	}
	return in
}

// fileHash is the hash of the file a workload string begins with, or "" where
// it names none. A file's name may hold commas.
func fileHash(spec string) (string, error) {
	for end := 0; end < len(spec); {
		next := strings.IndexByte(spec[end:], ',')
		if next < 0 {
			next = len(spec) - end
		}
		head := spec[:end+next]
		if info, err := os.Stat(head); err == nil && info.Mode().IsRegular() {
			return hashOf("workload", head)
		}
		end += next + 1
	}
	return "", nil
}

func hashOf(what, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", what, path, plainCause(err))
	}
	defer f.Close() //nolint:errcheck // read only
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", fmt.Errorf("%s %s: %w", what, path, plainCause(err))
	}
	return hex.EncodeToString(sum.Sum(nil)[:16]), nil
}
