package config

import (
	"io/fs"
	"path"
	"strings"
)

// Shelf is the presets folder of a package: the machines that come with the program.
type Shelf struct{ Files fs.FS }

// Names lists them, in alphabetical order.
func (s Shelf) Names() (names []string) {
	found, _ := fs.Glob(s.Files, "presets/*.yaml")
	for _, f := range found {
		names = append(names, strings.TrimSuffix(path.Base(f), ".yaml"))
	}
	return names
}

// Text is the YAML of one, comments and all; false: there is none of that name.
func (s Shelf) Text(name string) ([]byte, bool) {
	text, err := fs.ReadFile(s.Files, "presets/"+name+".yaml")
	return text, err == nil
}
