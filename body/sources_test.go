package body_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// structs calls fn for every struct type of the package, with its doc comment.
func structs(t *testing.T, fn func(name, doc string, fields *ast.StructType)) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok || d.Tok != token.TYPE {
				continue
			}
			for _, spec := range d.Specs {
				spec := spec.(*ast.TypeSpec)
				if s, ok := spec.Type.(*ast.StructType); ok {
					fn(spec.Name.Name, strings.Join(strings.Fields(d.Doc.Text()), " "), s)
				}
			}
		}
	}
}

func TestEveryTypeNamesItsSource(t *testing.T) {
	t.Parallel()
	count := 0
	structs(t, func(name, doc string, _ *ast.StructType) {
		count++
		sources := []string{"in the Amazon Bedrock User Guide", "in the Amazon Nova User Guide", "in the Amazon Bedrock API Reference",
			"Messages API reference", "as seen in recorded streams", "pages that [", "by the page of this name"}
		for _, s := range sources {
			if strings.Contains(doc, s) {
				return
			}
		}
		t.Errorf("%s: the comment names no source: %s", name, doc)
	})
	if count == 0 {
		t.Error("no types found")
	}
}

// TestOptionalFieldsAreOmitzero holds the tags to the convention of the package doc:
// omitempty would drop an empty list too.
func TestOptionalFieldsAreOmitzero(t *testing.T) {
	t.Parallel()
	structs(t, func(name, _ string, s *ast.StructType) {
		for _, f := range s.Fields.List {
			if f.Tag == nil {
				if name != "AnthropicContent" { // which has its own encoding
					t.Errorf("%s.%s has no tag", name, f.Names[0])
				}
				continue
			}
			tag, err := strconv.Unquote(f.Tag.Value)
			if err != nil {
				t.Fatal(err)
			}
			value := reflect.StructTag(tag).Get("json")
			_, option, found := strings.Cut(value, ",")
			if found && option != "omitzero" {
				t.Errorf("%s.%s has the tag %s", name, f.Names[0], value)
			}
			if _, pointer := f.Type.(*ast.StarExpr); pointer && !found && f.Names[0].Name != "Error" && f.Names[0].Name != "Message" &&
				name != "AnthropicStopDetails" { // these are null in answers
				t.Errorf("%s.%s is a pointer that would be sent as null", name, f.Names[0])
			}
		}
	})
}
