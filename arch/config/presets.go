package config

import (
	"io/fs"
	"path"
	"strings"
)

// PresetNames lists the machines in a package's presets folder, in alphabetical order.
func PresetNames(files fs.FS) (names []string) {
	found, _ := fs.Glob(files, "presets/*.yaml")
	for _, f := range found {
		names = append(names, strings.TrimSuffix(path.Base(f), ".yaml"))
	}
	return names
}

// PresetText is the YAML of a preset, comments and all; false: there is none of that name.
func PresetText(files fs.FS, name string) ([]byte, bool) {
	text, err := fs.ReadFile(files, "presets/"+name+".yaml")
	return text, err == nil
}
