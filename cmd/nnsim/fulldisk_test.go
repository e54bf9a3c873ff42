package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestFullDisk: a store on a disk without room, or on one that may only be read, is one
// line; what it held is whole, and with room again the sweep goes on.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	disk := filepath.Join(dir, "disk")
	require.NoError(t, os.Mkdir(disk, 0o755))
	mount := func(options string) error {
		return exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk).Run()
	}
	if err := mount("size=32k"); err != nil {
		t.Skip("may not mount a small disk here: " + err.Error())
	}
	t.Cleanup(func() { _ = exec.Command("umount", disk).Run() })
	t.Chdir(dir)
	require.NoError(t, os.WriteFile("spec.yaml", []byte(killed), 0o644))
	sweep := []string{"sweep", "spec.yaml", "--quiet", "--store", filepath.Join(disk, "store")}
	refuse := func(want string) {
		t.Helper()
		code, stdout, stderr := command(sweep...)
		assert.Equal(t, badInput, code)
		assert.Empty(t, stdout)
		assert.Regexp(t, `^nnsim: store .*/store: [^\n]* cannot be written: `+want+`; make room or name another directory with --store\n$`, stderr)
		left, err := filepath.Glob(filepath.Join(disk, "store", ".writing-*"))
		assert.NoError(t, err)
		assert.Empty(t, left)
	}
	refuse("no space left on device")
	require.NoError(t, mount("remount,ro"))
	refuse("read-only file system")
	require.NoError(t, mount("remount,rw,size=4m"))
	code, stdout, stderr := command(sweep...)
	assert.Zero(t, code, stderr)
	assert.Contains(t, stdout, "64 designs: 64 ok")
}
