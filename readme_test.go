package bedrock_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/bedrock/bedrocktest"
)

var (
	goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")
	goCell  = regexp.MustCompile("(?m)^\\|[^|\n]*\\| `([^\n]*)` \\|$") // of the table with a line of code for each thing
)

// fragment is what a piece of a program is put into: a function for statements,
// the file for declarations.
const fragment = `package readme

import (
	"context"
	"errors"
	"log"
	"log/slog"
	"testing"
	"testing/synctest"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
	"example.com/bedrock/body"
	"fmt"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
)

var _ = []any{context.Background, errors.New, log.Print, slog.New, testing.Short, synctest.Wait, bedrock.New, bedrocktest.NewServer,
	body.AnthropicVersion, fmt.Print, types.ImageFormatPng}

// What the pieces take for granted.
var (
	model, promptARN, manual, passage string
	texts, passages                   []string
	data                              []byte
	talk                              []types.Message
	tools                             []bedrock.Tool
	report                            *types.ContentBlockMemberDocument
	config                            *types.InferenceConfiguration
	reply                             *bedrock.Reply
	total                             bedrock.Tokens
	x                                 *bedrock.Exchange
)

%s
`

// Every Go block of the README compiles, and its programs run against the embedded
// endpoint.
func TestReadme(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := goBlock.FindAllSubmatch(page, -1)
	if len(blocks) < 6 {
		t.Fatalf("%d Go blocks in the README", len(blocks))
	}
	for i, b := range blocks {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			source := string(b[1])
			switch {
			case strings.HasPrefix(source, "package main"):
				runProgram(t, source)
				return
			case !strings.HasPrefix(source, "func "):
				source = "func _(ctx context.Context, client *bedrock.Client, err error) {\n{\n" + source + "\n}\n}"
			}
			if out := compile(t, fmt.Sprintf(fragment, source)); out != "" {
				t.Error(out)
			}
		})
	}
}

// Every line of code in the README's table compiles, as a statement or a value.
func TestReadmeTable(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := goCell.FindAllSubmatch(page, -1)
	if len(rows) < 25 {
		t.Fatalf("%d lines of code in the table", len(rows))
	}
	var statements strings.Builder
	for _, row := range rows {
		code := string(row[1])
		if !strings.Contains(code, "=") || strings.HasPrefix(code, "func(") {
			code = "use(" + code + ")"
		}
		fmt.Fprintf(&statements, "\t{\n\t\t%s\n\t}\n", code)
	}
	source := "func use(...any) {}\n\nfunc _(ctx context.Context, client *bedrock.Client, err error) {\n" + statements.String() + "}\n"
	if out := compile(t, fmt.Sprintf(fragment, source)); out != "" {
		t.Error(out)
	}
}

func runProgram(t *testing.T, source string) {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	want := "Hello from the stand-in"
	switch {
	case strings.Contains(source, "bedrock.NewTool"):
		srv.Queue(bedrocktest.ToolUse("weather", "t1", map[string]any{"city": "Paris"}))
		srv.Handle(func(r *bedrocktest.Request) bedrocktest.Response {
			if !strings.Contains(string(r.Body), "18 °C and sunny in Paris") {
				return bedrocktest.Text("the tool didn't run")
			}
			return bedrocktest.Text(want)
		})
	case strings.Contains(source, "bedrock.OutputAs"):
		want = "Ada from England"
		srv.Queue(bedrocktest.Output(map[string]any{"Name": "Ada", "Country": "England"}))
	default:
		srv.Queue(bedrocktest.Text(want))
	}
	env, err := srv.Environ()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "run", "-overlay", overlay(t, source), readmePackage) // keeps what it links
	cmd.Env = env
	if printed, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(printed)) != want {
		t.Errorf("the program printed %q, %v", printed, err)
	}
}

const readmePackage = "./internal/readme" // that is nowhere but in an overlay

// overlay puts a file into this module, for the go command's flag.
func overlay(t *testing.T, source string) (file string) {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	program, file := filepath.Join(temp, "main.go"), filepath.Join(temp, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(dir, readmePackage, "main.go"): program}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{program: source, file: string(replace)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file
}

// compile builds a file as a package of this module and returns what the compiler
// says, but for unused variables of fragments.
func compile(t *testing.T, source string) (complaints string) {
	t.Helper()
	out, err := exec.Command("go", "build", "-overlay", overlay(t, source), readmePackage).CombinedOutput()
	if err == nil {
		return ""
	}
	for line := range strings.Lines(string(out)) {
		if !strings.Contains(line, "declared and not used") && !strings.HasPrefix(line, "#") {
			complaints += line
		}
	}
	return complaints
}
