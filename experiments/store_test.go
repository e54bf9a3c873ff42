package experiments

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"nnsim/results"
)

func stored(t *testing.T) *Store {
	t.Helper()
	s, err := OpenStore(filepath.Join(t.TempDir(), "store"))
	require.NoError(t, err)
	return s
}

func inputsOf(t *testing.T, e Experiment) Inputs {
	t.Helper()
	p, err := e.Prepare()
	require.NoError(t, err)
	file, err := fileHash(e.Workload)
	require.NoError(t, err)
	mapped, err := e.mappingText()
	require.NoError(t, err)
	return e.inputs(p.Machine, p.Workload.Spec, file, mapped)
}

// TestKey: what a report depends on changes the key, and nothing else does.
func TestKey(t *testing.T) {
	base := Experiment{Device: "tiny-4x4", Workload: "gemm:m=9,n=10,k=11"}
	key := inputsOf(t, base).Key()
	assert.Len(t, key, 32)
	for _, same := range []func(*Experiment){
		func(*Experiment) {},
		func(e *Experiment) { e.Workload = "gemm:k=11,n=10,m=9" },
		func(e *Experiment) { e.Sets = []string{"array.rows=4"} },
		func(e *Experiment) { e.Check, e.Mapping = "none", "default" },
	} {
		e := base
		same(&e)
		assert.Equal(t, key, inputsOf(t, e).Key())
	}
	seen := map[string]bool{key: true}
	for _, change := range []func(*Experiment){
		func(e *Experiment) { e.Workload = "gemm:k=12,n=10,m=9" },
		func(e *Experiment) { e.Sets = []string{"array.rows=5"} },
		func(e *Experiment) { e.Check = "full" },
		func(e *Experiment) { e.Seed = 1 },
	} {
		e := base
		change(&e)
		k := inputsOf(t, e).Key()
		assert.False(t, seen[k])
		seen[k] = true
	}
	in := inputsOf(t, base)
	in.Model++
	assert.False(t, seen[in.Key()])
	path := filepath.Join(t.TempDir(), "a,b.csv")
	for _, text := range []string{"one", "two"} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
		hash, err := fileHash(path + ",batch=2")
		require.NoError(t, err)
		assert.Len(t, hash, 32)
		assert.False(t, seen[hash])
		seen[hash] = true
	}
}

func entryOf(i int) Entry {
	in := Inputs{Version: Version, Workload: fmt.Sprint("w", i)}
	return Entry{Inputs: in, Report: &results.Run{Schema: results.Schema, Cycles: int64(i), Host: results.Host{WallSeconds: float64(i)}}}
}

// TestStoreTwoWriters: two stores on one directory, many writers, no damage, no host in what is kept.
func TestStoreTwoWriters(t *testing.T) {
	a := stored(t)
	b, err := OpenStore(a.dir)
	require.NoError(t, err)
	var group sync.WaitGroup
	for i := range 64 {
		for _, s := range []*Store{a, b} {
			group.Go(func() { assert.NoError(t, s.Put(entryOf(i%16))) })
		}
	}
	group.Wait()
	keys, err := a.Keys()
	require.NoError(t, err)
	assert.Len(t, keys, 16)
	for _, key := range keys {
		e, err := b.Get(key)
		require.NoError(t, err)
		assert.Equal(t, results.Host{}, e.Report.Host)
	}
	left, err := filepath.Glob(filepath.Join(a.dir, unfinished+"*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}

func TestMerge(t *testing.T) {
	a, b := stored(t), stored(t)
	for i := range 6 {
		require.NoError(t, a.Put(entryOf(i)))
		require.NoError(t, b.Put(entryOf(i+3)))
	}
	n, err := a.Merge(b.dir)
	require.NoError(t, err)
	assert.Equal(t, 3, n)
	keys, err := a.Keys()
	require.NoError(t, err)
	assert.Len(t, keys, 9)
	for _, key := range keys {
		if e, err := b.Get(key); assert.NoError(t, err) && e != nil {
			one, _ := os.ReadFile(a.path(key + ".json"))
			two, _ := os.ReadFile(b.path(key + ".json"))
			assert.Equal(t, string(one), string(two))
		}
	}
	_, err = a.Merge(t.TempDir())
	assert.ErrorContains(t, err, "no store to merge")
}

// TestStoreRefuses: foreign, damaged and unwritable stores give one line and stay as they were.
func TestStoreRefuses(t *testing.T) {
	foreign := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(foreign, "thesis.tex"), []byte("x"), 0o644))
	_, err := OpenStore(foreign)
	require.ErrorContains(t, err, "holds thesis.tex")
	list, _ := os.ReadDir(foreign)
	assert.Len(t, list, 1)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	_, err = OpenStore(file)
	assert.ErrorContains(t, err, "cannot be made")
	_, err = OpenStore("")
	assert.ErrorContains(t, err, "--store")

	other := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(other, storeMark), []byte(`{"schema":"nnsim.store/9"}`), 0o644))
	_, err = OpenStore(other)
	assert.ErrorContains(t, err, "nnsim.store/9")

	s := stored(t)
	require.NoError(t, s.Put(entryOf(1)))
	key := entryOf(1).Inputs.Key()
	text, err := os.ReadFile(s.path(key + ".json"))
	require.NoError(t, err)
	for _, damaged := range []string{"", string(text[:len(text)/2]), strings.Replace(string(text), `"w1"`, `"w2"`, 1), "{}"} {
		require.NoError(t, os.WriteFile(s.path(key+".json"), []byte(damaged), 0o644))
		_, err := s.Get(key)
		if assert.ErrorContains(t, err, "remove it") {
			assert.NotContains(t, err.Error(), "\n")
		}
	}
	require.NoError(t, os.RemoveAll(s.dir))
	assert.ErrorContains(t, s.Put(entryOf(2)), "--store")
}
