package main

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// killed is a sweep of designs that take some milliseconds each.
const killed = `device: tiny-4x4
workload: "gemm:m=90,n=100,k=110"
axes:
  array.rows: {range: [1, 8]}
  array.cols: {range: [1, 8]}
objectives: [seconds min, energy_joules min]
`

// sweepUntil runs the program on the sweep and kills it when its time is over.
func sweepUntil(t *testing.T, limit time.Duration, args ...string) (died bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "nnsim", append([]string{"sweep", "spec.yaml", "--quiet"}, args...)...)
	out, err := cmd.CombinedOutput() // the context kills with SIGKILL
	if err != nil && ctx.Err() != nil {
		return true
	}
	require.NoError(t, err, "%s", out)
	return false
}

// TestKilledSweepsGoOn: a sweep whose process is killed at twenty random moments, whole
// or in seven shards, ends with the table of one that was left alone.
func TestKilledSweepsGoOn(t *testing.T) {
	if testing.Short() {
		t.Skip("kills the program twenty times; run without -short")
	}
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("spec.yaml", []byte(killed), 0o644))
	begun := time.Now()
	require.False(t, sweepUntil(t, time.Hour, "--store", "whole", "-o", "want.csv"))
	whole := time.Since(begun)
	want, err := os.ReadFile("want.csv")
	require.NoError(t, err)

	r := rand.New(rand.NewPCG(7, 20))
	for _, shards := range []int{1, 7} {
		store, deaths := filepath.Join("killed", strconv.Itoa(shards)), 0
		for range 400 {
			if deaths == 20 {
				break
			}
			shard := strconv.Itoa(1+r.IntN(shards)) + "/" + strconv.Itoa(shards)
			if sweepUntil(t, time.Duration(r.Float64()*float64(whole)/float64(shards)), "--store", store, "--shard", shard) {
				deaths++
			}
		}
		require.Equal(t, 20, deaths)
		table := strconv.Itoa(shards) + ".csv"
		for i := range shards {
			require.False(t, sweepUntil(t, time.Hour, "--store", store, "--shard", strconv.Itoa(i+1)+"/"+strconv.Itoa(shards)))
		}
		require.False(t, sweepUntil(t, time.Hour, "--store", store, "--status", "-o", table))
		got, err := os.ReadFile(table)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), "%d shards", shards)
	}
}
