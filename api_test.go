package bedrock_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEveryExportedNameHasAnExample looks at a package as go doc does. A function, and
// a method, promoted ones included, wants an Example of its own that go test checks. A
// type wants one too, unless a function that returns it or a method has one.
func TestEveryExportedNameHasAnExample(t *testing.T) {
	packages := []struct {
		dir       string
		elsewhere map[string]string // name → the Example that shows it in its stead
	}{
		{".", map[string]string{
			"Exchange":           "Client_Run",
			"OutputError.Error":  "OutputError",
			"OutputError.Unwrap": "OutputError",
			"Error.Error":        "Error_text", // what a log line has
			"Error.Is":           "Error",      // called by errors.Is
			"Error.Unwrap":       "Error_sdkType",
		}},
		{"bedrocktest", nil},
	}
	for _, p := range packages {
		t.Run(p.dir, func(t *testing.T) {
			t.Parallel()
			names := examplesByName(t, p.dir)
			if len(names) == 0 {
				t.Fatal("found no exported name")
			}
			shown := slices.Concat(slices.Collect(maps.Values(names))...)
			for name, other := range p.elsewhere {
				if own, ok := names[name]; !ok || len(own) > 0 {
					t.Errorf("%s needs no exception: it is not exported, or has an Example", name)
				}
				if !slices.Contains(shown, other) {
					t.Errorf("Example%s, which is to show %s, doesn't exist or has no Output comment", other, name)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(names)) {
				if len(names[name]) == 0 && p.elsewhere[name] == "" {
					t.Errorf("%s has no Example: write func Example%s with an Output comment", name, strings.ReplaceAll(name, ".", "_"))
				}
			}
		})
	}
}

// examplesByName returns the exported functions, types and methods of the package in
// dir ("Invoke", "Client", "Client.With"), each with the checked Examples that go doc
// shows for it, named without the word Example.
func examplesByName(t *testing.T, dir string) map[string][]string {
	t.Helper()
	sources, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, source := range sources {
		f, err := parser.ParseFile(fset, source, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	pkg, err := doc.NewFromFiles(fset, files, path.Join("example.com/bedrock", dir))
	if err != nil {
		t.Fatal(err)
	}

	names := map[string][]string{}
	note := func(name string, examples []*doc.Example) {
		names[name] = append(names[name], checked(examples)...)
	}
	for _, f := range pkg.Funcs {
		note(f.Name, f.Examples)
	}
	for _, typ := range pkg.Types {
		note(typ.Name, typ.Examples)
		for _, f := range typ.Funcs {
			note(f.Name, f.Examples)
			note(typ.Name, f.Examples)
		}
		for _, m := range typ.Methods {
			note(typ.Name+"."+m.Name, m.Examples)
			note(typ.Name, m.Examples)
		}
	}
	return names
}

// checked names the Examples whose output go test compares.
func checked(examples []*doc.Example) (names []string) {
	for _, e := range examples {
		if e.Output != "" || e.EmptyOutput {
			names = append(names, e.Name)
		}
	}
	return names
}
