package experiments

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"nnsim/results"
)

// storeSchema names the format of a store; storeMark is the file that says so.
const (
	storeSchema = "nnsim.store/1"
	storeMark   = "nnsim-store.json"
)

// Entry is a finished experiment: what went in, and the report or the reason why
// there is none. It holds nothing of the host, so that finishing an experiment
// twice writes the same bytes.
type Entry struct {
	Schema string       `json:"schema"`
	Key    string       `json:"key"`
	Inputs Inputs       `json:"inputs"`
	Error  string       `json:"error,omitempty"`
	Report *results.Run `json:"report,omitempty"`
}

// Store keeps finished experiments in a directory, one file a key. A file is
// written under another name and renamed when it is whole: several processes
// may use one store, and one that is killed leaves nothing half done.
type Store struct{ dir string }

// OpenStore opens the store in a directory, or begins one where there is none.
func OpenStore(dir string) (*Store, error) {
	if dir == "" {
		return nil, errors.New("store: no directory; name one with --store")
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("store %s: cannot be made: %w; name another directory with --store", dir, plainCause(err))
	}
	s := &Store{dir}
	text, err := os.ReadFile(s.path(storeMark))
	if errors.Is(err, fs.ErrNotExist) {
		return s, s.begin()
	}
	if err != nil {
		return nil, fmt.Errorf("store %s: cannot be read: %w", dir, plainCause(err))
	}
	var mark struct{ Schema string }
	if json.Unmarshal(text, &mark) != nil || mark.Schema != storeSchema {
		return nil, fmt.Errorf("store %s: %s says schema %q, this program reads %s; name another directory with --store", dir, storeMark, mark.Schema, storeSchema)
	}
	s.sweepAway()
	return s, nil
}

// begin marks an empty directory as a store; one with other things in it is left alone.
func (s *Store) begin() error {
	list, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("store %s: cannot be read: %w", s.dir, plainCause(err))
	}
	for _, f := range list {
		if !strings.HasPrefix(f.Name(), ".") && f.Name() != storeMark { // another process may be beginning it
			return fmt.Errorf("store %s: holds %s and no %s, so it is no store; name an empty or new directory with --store", s.dir, f.Name(), storeMark)
		}
	}
	return s.write(storeMark, []byte("{\"schema\":\""+storeSchema+"\"}\n"))
}

func (s *Store) path(name string) string { return filepath.Join(s.dir, name) }

// Get reads a finished experiment; nil where there is none yet.
func (s *Store) Get(key string) (*Entry, error) {
	path := s.path(key + ".json")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: %s: %w", path, plainCause(err))
	}
	return decodeEntry(path, key, text)
}

// decodeEntry reads an entry and holds it against its key.
func decodeEntry(path, key string, text []byte) (*Entry, error) {
	var e Entry
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("store: %s: is damaged (%w); remove it and the experiment is simulated again", path, err)
	}
	if e.Schema != storeSchema || e.Key != key || e.Inputs.Key() != key || (e.Report == nil) == (e.Error == "") {
		return nil, fmt.Errorf("store: %s: is not the experiment its name says; remove it and the experiment is simulated again", path)
	}
	return &e, nil
}

// Put keeps a finished experiment under its key.
func (s *Store) Put(e Entry) error {
	e.Schema, e.Key = storeSchema, e.Inputs.Key()
	if e.Report != nil {
		plain := *e.Report
		plain.Host = results.Host{}
		e.Report = &plain
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		return fmt.Errorf("store: the report of %s cannot be written: %w", e.Inputs.Workload, err)
	}
	return s.write(e.Key+".json", text.Bytes())
}

// unfinished is how the name of a file begins that is still being written.
const unfinished = ".writing-"

// write puts a whole file in its place, or leaves no trace.
func (s *Store) write(name string, text []byte) error {
	fault := func(err error) error {
		return fmt.Errorf("store %s: %s cannot be written: %w; make room or name another directory with --store", s.dir, name, plainCause(err))
	}
	f, err := os.CreateTemp(s.dir, unfinished)
	if err != nil {
		return fault(err)
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), s.path(name))
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the fault that matters is the first
		return fault(err)
	}
	return nil
}

// sweepAway removes what killed processes left half written an hour ago or more.
func (s *Store) sweepAway() {
	left, _ := filepath.Glob(s.path(unfinished + "*"))
	for _, path := range left {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > time.Hour {
			_ = os.Remove(path) // another process may have been faster
		}
	}
}

// Keys lists the keys of all finished experiments, sorted.
func (s *Store) Keys() (keys []string, err error) {
	list, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("store %s: cannot be read: %w", s.dir, plainCause(err))
	}
	for _, f := range list {
		key, isJSON := strings.CutSuffix(f.Name(), ".json")
		if isJSON && f.Name() != storeMark && !strings.HasPrefix(key, ".") {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// Merge copies what another store has finished and this one has not, and says
// how many experiments those were. A damaged entry stops it; what came before stays.
func (s *Store) Merge(from string) (copied int, err error) {
	if _, err := os.Stat(filepath.Join(from, storeMark)); err != nil {
		return 0, fmt.Errorf("store %s: no store to merge (it has no %s): %w", from, storeMark, plainCause(err))
	}
	other, err := OpenStore(from)
	if err != nil {
		return 0, err
	}
	keys, err := other.Keys()
	if err != nil {
		return 0, err
	}
	for _, key := range keys {
		if _, err := os.Stat(s.path(key + ".json")); err == nil {
			continue
		}
		e, err := other.Get(key)
		if err != nil {
			return copied, err
		}
		if err := s.Put(*e); err != nil {
			return copied, err
		}
		copied++
	}
	return copied, nil
}
