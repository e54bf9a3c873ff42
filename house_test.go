// Package nnsim_test holds the rules of the house: who may import whom, what
// every package says of itself, and that a machine can be taken out whole.
//
// Not modelled: taste.
package nnsim_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// house says who may import whom. A package belongs to the longest row that is
// its path or a parent of it; sub-rooms of one room may import each other. A
// change to this table is a change of architecture: docs/decisions.md gets a line.
var house = []struct {
	room string
	may  string // rooms, each with its sub-rooms; = for one package alone
}{
	{"unit", ""},
	{"tech", "unit"},
	{"workloads", "unit"},
	{"internal/engine", "unit akita"},
	{"internal/live", "unit internal/engine akita"},
	{"internal/simtest", "unit internal/engine akita"},
	{"mapping", "unit workloads"},
	{"results", "unit tech"},
	{"mem", "unit tech results internal/engine akita"},
	{"noc", "unit tech results internal/engine akita"},
	{"arch", "unit workloads mapping results"},
	{"arch/config", "unit"},
	{"arch/check", "unit workloads mapping results =arch mem"},
	{"arch/station", "unit results mem internal/engine"},
	{"arch/archtest", "unit workloads mapping results =arch arch/check mem internal/simtest internal/engine"},
	{"arch/traffic", machine},
	{"arch/systolic", machine},
	{"arch/gpu", machine},
	{"arch/fpga", machine},
	{"arch/asic", machine},
	{"power", "unit tech results"},
	{"report", "unit results"},
	{"experiments", "unit tech workloads mapping results mem noc arch power report"},
	{"cmd/nnsim", "unit tech workloads mapping results mem noc arch power report experiments"},
}

// machine is what every machine may import: the floor and the contract, never another machine.
const machine = "unit tech workloads mapping results mem noc internal/engine internal/live =arch arch/config arch/check arch/station"

// inTests is what test files may import besides.
const inTests = " tech internal/simtest internal/engine =arch/archtest"

// source is one Go file of the tree, parsed.
type source struct {
	path string // "arch/systolic/array.go"
	file *ast.File
	set  *token.FileSet
}

func (s source) dir() string  { return path.Dir(s.path) }
func (s source) test() bool   { return strings.HasSuffix(s.path, "_test.go") }
func (s source) text() string { b, _ := os.ReadFile(s.path); return string(b) }

// sources parses every Go file of the module.
func sources(t *testing.T) (list []source) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := d.Name(); d.IsDir() && p != "." && (strings.HasPrefix(name, ".") || name == "testdata") {
			return fs.SkipDir
		}
		if strings.HasSuffix(p, ".go") {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, p, nil, parser.ParseComments)
			if err != nil {
				return err
			}
			list = append(list, source{filepath.ToSlash(p), file, set})
		}
		return nil
	}))
	require.Greater(t, len(list), 20, "the walk found too few files to mean anything")
	return list
}

// under tells whether a package lies in a room.
func under(pkg, room string) bool { return pkg == room || strings.HasPrefix(pkg, room+"/") }

// rowOf finds the row a package belongs to.
func rowOf(pkg string) (room, may string, ok bool) {
	for _, row := range house {
		if under(pkg, row.room) && len(row.room) >= len(room) {
			room, may, ok = row.room, row.may, true
		}
	}
	return room, may, ok
}

// allowed tells whether a list of rooms lets a package in.
func allowed(may, imported string) bool {
	for _, room := range strings.Fields(may) {
		one, exact := strings.CutPrefix(room, "=")
		if exact && imported == one || !exact && under(imported, room) {
			return true
		}
	}
	return false
}

func TestWhoMayImportWhom(t *testing.T) {
	for _, s := range sources(t) {
		if s.dir() == "." {
			continue
		}
		room, may, ok := rowOf(s.dir())
		if !assert.True(t, ok, "%s: room %s has no row in the table of house_test.go", s.path, s.dir()) {
			continue
		}
		if s.test() {
			may += inTests
		}
		for _, spec := range s.file.Imports {
			imported := strings.Trim(spec.Path.Value, `"`)
			switch own, ok := strings.CutPrefix(imported, "nnsim/"); {
			case ok:
				otherRoom, _, _ := rowOf(own)
				assert.True(t, otherRoom == room || allowed(may, own), "%s imports %s; %s may import: %s", s.path, own, room, may)
			case strings.HasPrefix(imported, "github.com/sarchlab/akita"):
				assert.True(t, allowed(may, "akita"), "%s imports Akita, which only the engine, memories and networks know", s.path)
			}
		}
	}
}

// TestTheTableBites: the rules above refuse what they are there to refuse.
func TestTheTableBites(t *testing.T) {
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"arch/systolic", "arch/gpu", false}, {"arch/systolic/step", "arch/config", true}, {"unit/spell", "workloads", false},
		{"workloads/zoo", "mapping", false}, {"experiments", "internal/engine", false}, {"experiments", "arch/systolic", true},
		{"arch", "arch/check", false}, {"arch/check", "mem", true}, {"results", "workloads", false}, {"cmd/nnsim", "internal/simtest", false},
		{"mem", "akita", true}, {"arch/systolic", "akita", false}, {"arch/gpu", "arch/archtest", false},
	} {
		_, may, ok := rowOf(c.from)
		require.True(t, ok)
		assert.Equal(t, c.want, allowed(may, c.to), "%s imports %s", c.from, c.to)
	}
}

// akitaTime matches the float time of Akita, which stays in the engine.
var akitaTime = regexp.MustCompile(`\b(sim\.(VTimeInSec|Freq|GHz|MHz|KHz|Hz)|NoEarlierThan|CurrentTime)\b`)

func TestAkitasTimeStaysInTheEngine(t *testing.T) {
	for _, s := range sources(t) {
		if under(s.dir(), "internal") || s.path == "house_test.go" {
			continue
		}
		assert.NotRegexp(t, akitaTime, s.text(), "%s uses Akita's float time; count edges", s.path)
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	docs := map[string]string{}
	for _, s := range sources(t) {
		if !s.test() || s.dir() == "." {
			docs[s.dir()] += s.file.Doc.Text()
		}
	}
	for dir, doc := range docs {
		assert.Regexp(t, `^(Package|Command) `, doc, "%s: the package comment must begin with what it is", dir)
		assert.Regexp(t, `(?m)^Not modelled: `, doc, "%s: the package comment must say what is not modelled", dir)
	}
}

func TestEveryExportedNameHasASentence(t *testing.T) {
	for _, s := range sources(t) {
		if s.test() || s.file.Name.Name == "main" {
			continue
		}
		above, end := "", 0 // the comment of a block of one-line functions, and where it ends
		for _, decl := range s.file.Decls {
			if s.set.Position(decl.Pos()).Line != end+1 {
				above = ""
			}
			for name, doc := range exported(decl) {
				assert.NotEmpty(t, strings.TrimSpace(doc+above), "%s: %s has no comment", s.path, name)
			}
			if f, ok := decl.(*ast.FuncDecl); ok && f.Doc != nil {
				above = f.Doc.Text()
			}
			end = s.set.Position(decl.End()).Line
		}
	}
}

// exported lists the exported names a declaration makes, with their comments. A
// group of constants or variables may share one, and a String method needs none.
func exported(decl ast.Decl) map[string]string {
	names := map[string]string{}
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && !standard[d.Name.Name] && (d.Recv == nil || receiverExported(d)) {
			names[d.Name.Name] = d.Doc.Text()
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if spec.Name.IsExported() {
					names[spec.Name.Name] = d.Doc.Text() + spec.Doc.Text() + spec.Comment.Text()
				}
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					if n.IsExported() {
						names[n.Name] = d.Doc.Text() + spec.Doc.Text() + spec.Comment.Text()
					}
				}
			}
		}
	}
	return names
}

// standard holds methods whose meaning is that of the interface they fulfil.
var standard = map[string]bool{"String": true, "Error": true, "Unwrap": true, "Len": true, "Less": true, "Swap": true}

func receiverExported(d *ast.FuncDecl) bool {
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if generic, ok := t.(*ast.IndexExpr); ok {
		t = generic.X
	}
	name, ok := t.(*ast.Ident)
	return ok && name.IsExported()
}

// unwanted matches names that say nothing, and marks of unfinished work.
var unwanted = regexp.MustCompile(`(?:Manager|Helper|Utils?|Impl)\b|\bTODO\b|\bFIXME\b|\bXXX\b`)

func TestNoEmptyWords(t *testing.T) {
	for _, s := range sources(t) {
		if s.path == "house_test.go" {
			continue
		}
		text := strings.ReplaceAll(s.text(), "Helper()", "") // a method of package testing
		assert.Empty(t, unwanted.FindString(text), "%s", s.path)
	}
}

func TestNothingHappensAtStart(t *testing.T) {
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil {
				assert.NotEqual(t, "init", f.Name.Name, "%s: list things in a table; nothing registers itself", s.path)
			}
		}
	}
}

// named matches the keys of a preset that are words of ours and need no source.
var named = regexp.MustCompile(`^\s*(name|kind|about|scope):`)

// TestPresetsCiteTheirSources: every value of a preset has a comment on its
// line, and every [key] in it stands in docs/sources.md.
func TestPresetsCiteTheirSources(t *testing.T) {
	known, err := os.ReadFile("docs/sources.md")
	require.NoError(t, err)
	files, err := filepath.Glob("arch/*/presets/*.yaml")
	require.NoError(t, err)
	deeper, err := filepath.Glob("arch/*/*/presets/*.yaml") // of machines that share a chassis
	require.NoError(t, err)
	files = append(files, deeper...)
	value, cited := regexp.MustCompile(`^\s*[a-z_]+:\s+[^#\s]`), regexp.MustCompile(`\[([a-z][a-z0-9-]+)\]`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		for i, line := range strings.Split(string(text), "\n") {
			_, comment, ok := strings.Cut(line, "#")
			if value.MatchString(line) && !named.MatchString(line) {
				assert.True(t, ok && strings.TrimSpace(comment) != "", "%s:%d: the value has no source: %s", name, i+1, line)
			}
			for _, key := range cited.FindAllStringSubmatch(comment, -1) {
				assert.True(t, strings.Contains(string(known), "### "+key[1]+"\n"), "%s:%d: source [%s] is not in docs/sources.md", name, i+1, key[1])
			}
		}
	}
}

// deviceTable is the one file outside a machine's folder that names it.
const deviceTable = "experiments/devices.go"

// TestAMachineCanBeTakenOut removes each machine and its row in the device
// table from a copy of the tree: all else still builds, tests included.
func TestAMachineCanBeTakenOut(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a copy of the tree for each machine; run without -short")
	}
	machines, err := filepath.Glob("arch/*/presets")
	require.NoError(t, err)
	deeper, err := filepath.Glob("arch/*/*/presets")
	require.NoError(t, err)
	machines = append(machines, deeper...)
	for _, presets := range machines {
		folder := filepath.Dir(presets)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			copied := t.TempDir()
			copyWithout(t, copied, folder)
			// Without paths in them, packages that the machine has no part in are the same in every
			// copy, and come from Go's cache; vet type-checks all code, tests too.
			cmd := exec.Command("go", "vet", "-trimpath", "./...")
			cmd.Dir = copied
			out, err := cmd.CombinedOutput()
			assert.NoError(t, err, "go vet without %s:\n%s", folder, out)
		})
	}
}

// copyWithout copies the tree but for one machine's folder and its rows.
func copyWithout(t *testing.T, to, folder string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if p == folder || p != "." && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, p), 0o755)
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if filepath.ToSlash(p) == deviceTable {
			text = withoutLines(text, filepath.ToSlash(folder))
		}
		return os.WriteFile(filepath.Join(to, p), text, 0o644)
	}))
}

// withoutLines drops the import and the row of a machine: every line that names its package.
func withoutLines(text []byte, folder string) []byte {
	names := regexp.MustCompile(`\b` + path.Base(folder) + `\.|"nnsim/` + folder + `"`)
	var kept []string
	for _, line := range strings.Split(string(text), "\n") {
		if !names.MatchString(line) {
			kept = append(kept, line)
		}
	}
	return []byte(strings.Join(kept, "\n"))
}
