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

const (
	moduleRoot    = "."                 // from this test's folder
	readmePackage = "./internal/readme" // exists in an overlay only
)

// fragment is the file that pieces of programs are put into.
const fragment = `package %s

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/auth/bearer"

	"example.com/bedrock"
	"example.com/bedrock/body"
)

// What the pieces take for granted.
var (
	model                      = "amazon.nova-lite-v1:0"
	promptARN, manual, passage string
	texts, passages            []string
	data                       []byte
	talk                       []types.Message
	tools                      []bedrock.Tool
	report                     *types.ContentBlockMemberDocument
	inference                  *types.InferenceConfiguration
	cfg                        aws.Config
	reply                      *bedrock.Reply
	total                      bedrock.Tokens
	x                          *bedrock.Exchange
	vault                      struct {
		Keys   func(context.Context) (id, secret string, expires time.Time, err error)
		APIKey func(context.Context) (key string, expires time.Time, err error)
	}
)

// Stand-ins for golang.org/x/time/rate and github.com/tmc/langchaingo/llms/bedrock, which
// the module doesn't require, with the signatures of the packages.
var rate struct {
	NewLimiter func(perSecond float64, burst int) interface{ Wait(context.Context) error }
}
var langchain struct {
	New        func(...struct{}) (any, error)
	WithClient func(*bedrockruntime.Client) struct{}
	WithModel  func(string) struct{}
}

func use(...any) {}

var _ = []any{
	context.Background, errors.New, fmt.Print, log.Print, slog.New, http.ProxyURL, url.Parse, time.Now, aws.String,
	awshttp.NewBuildableClient, config.LoadDefaultConfig, bedrockruntime.New, types.ImageFormatPng, bearer.NewTokenCache,
	bedrock.New, body.AnthropicVersion,
}

%s
`

// runMain runs a piece of the README as a program.
const runMain = `
func main() {
	client, err := bedrock.New(context.Background())
	if err == nil {
		err = piece(context.Background(), client, nil)
	}
	if err != nil {
		log.Fatal(err)
	}
}
`

// docPage is README.md or a page of docs/.
type docPage struct{ name, text string }

func readPages(t *testing.T) (all []docPage) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(moduleRoot, "docs", "*.md"))
	if err != nil || len(names) == 0 {
		t.Fatalf("pages of docs/: %q, %v", names, err)
	}
	for _, name := range append(names, filepath.Join(moduleRoot, "README.md")) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, docPage{filepath.ToSlash(name), string(text)})
	}
	return all
}

// piece is Go code of a page: a block, or a cell of a table.
type piece struct {
	page string
	line int
	code string
	cell bool
}

// goCode finds blocks of Go code, and last cells of a row that are code and nothing else.
var goCode = regexp.MustCompile("(?ms)^```go\n(.*?)^```$|^\\|[^|\n]*\\| `([^\n`]*)` \\|$")

func (p docPage) pieces() (all []piece) {
	for _, at := range goCode.FindAllStringSubmatchIndex(p.text, -1) {
		from, to := at[2], at[3]
		if from < 0 {
			from, to = at[4], at[5]
		}
		all = append(all, piece{p.name, 1 + strings.Count(p.text[:from], "\n"), p.text[from:to], at[2] < 0})
	}
	return all
}

// declaration returns the piece as part of a file, in a function of the given name unless
// it is a function itself. The compiler reports the lines of the page.
func (p piece) declaration(name string) string {
	line, code := fmt.Sprintf("//line %s:%d\n", p.page, p.line), p.code
	switch {
	case !p.cell && strings.HasPrefix(code, "func "):
		return line + code
	case p.cell && (!strings.Contains(code, "=") || strings.HasPrefix(code, "func(")): // a value
		code = "use(" + code + ")"
	}
	return "func " + name + "(ctx context.Context, client *bedrock.Client, err error) error {\n{\n" + line + code + "\n}\nreturn nil\n}\n"
}

// Every block of Go code in README.md and docs/, and every line of code in their tables,
// compiles. The README's programs run against the embedded endpoint, and so do its pieces
// that print; its test passes.
func TestReadmeAndDocs(t *testing.T) {
	t.Parallel()
	blocks, cells, ran := 0, 0, 0
	for _, p := range readPages(t) {
		var file strings.Builder
		run := func(code piece, how func(*testing.T, string), source string) {
			ran++
			t.Run(fmt.Sprintf("%s:%d", code.page, code.line), func(t *testing.T) { t.Parallel(); how(t, source) })
		}
		for _, code := range p.pieces() {
			isFile := strings.HasPrefix(code.code, "package ")
			switch {
			case isFile && strings.Contains(code.code, "\nfunc Test"):
				run(code, runTest, code.code)
			case isFile:
				run(code, runProgram, code.code)
			case strings.HasSuffix(p.name, "README.md") && strings.Contains(code.code, "fmt.Print"):
				run(code, runProgram, fmt.Sprintf(fragment, "main", code.declaration("piece")+runMain))
			case strings.HasPrefix(code.code, "import "):
				run(code, compile, "package readme\n\n"+code.code)
			default:
				file.WriteString(code.declaration("_"))
			}
			if code.cell {
				cells++
			} else {
				blocks++
			}
		}
		t.Run(p.name, func(t *testing.T) { t.Parallel(); compile(t, fmt.Sprintf(fragment, "readme", file.String())) })
	}
	if blocks < 20 || cells < 25 || ran < 5 {
		t.Errorf("%d blocks, %d cells of tables, %d that run: are some not found?", blocks, cells, ran)
	}
}

var (
	testName = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")
	fileLink = regexp.MustCompile(`\]\(([\w./-]+)(#[\w-]+)?\)`)
)

// Tests that README.md and docs/ name exist, and so do the files that they link to.
func TestReadmeAndDocsNameWhatExists(t *testing.T) {
	t.Parallel()
	var tests strings.Builder
	err := filepath.WalkDir(moduleRoot, func(path string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, "_test.go") {
			var source []byte
			source, err = os.ReadFile(path)
			tests.Write(source)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range readPages(t) {
		for _, name := range testName.FindAllStringSubmatch(p.text, -1) {
			if !strings.Contains(tests.String(), "\nfunc "+name[1]+"(") {
				t.Errorf("%s names %s, which doesn't exist", p.name, name[1])
			}
		}
		for _, link := range fileLink.FindAllStringSubmatch(p.text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(p.name), link[1])); err != nil {
				t.Errorf("%s: %v", p.name, err)
			}
		}
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
	// With go run the go command keeps what it links.
	if printed, err := goCommand(t, "run", "main.go", source, env); err != nil || strings.TrimSpace(printed) != want {
		t.Errorf("the program printed %q, %v", printed, err)
	}
}

func runTest(t *testing.T, source string) {
	program := filepath.Join(t.TempDir(), "readme.test")
	printed, err := goCommand(t, "test", "readme_test.go", source, nil, "-vet=off", "-c", "-o", program)
	if err == nil {
		var out []byte
		out, err = exec.Command(program).CombinedOutput()
		printed = string(out)
	}
	if err != nil {
		t.Errorf("%s%v", printed, err)
	}
}

// compile builds a file. Variables and imports that it doesn't use are no error.
func compile(t *testing.T, source string) {
	printed, err := goCommand(t, "build", "main.go", source, nil, "-gcflags=-e") // -e: all errors, not the first ten
	if err == nil {
		return
	}
	for line := range strings.Lines(printed) {
		if !strings.Contains(line, "declared and not used") && !strings.Contains(line, "imported and not used") && !strings.HasPrefix(line, "#") {
			t.Error(strings.TrimSpace(line))
		}
	}
}

// goCommand runs a go command on a package of this module whose only file is in an overlay.
func goCommand(t *testing.T, command, file, source string, env []string, flags ...string) (printed string, err error) {
	t.Helper()
	folder, err := filepath.Abs(filepath.Join(moduleRoot, readmePackage))
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	written, overlay := filepath.Join(temp, file), filepath.Join(temp, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(folder, file): written}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{written: source, overlay: string(replace)} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", append(append([]string{command, "-overlay", overlay}, flags...), readmePackage)...)
	cmd.Dir, cmd.Env = moduleRoot, env
	out, err := cmd.CombinedOutput()
	return string(out), err
}
