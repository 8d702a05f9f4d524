package main

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	test "example.com/bedrock/bedrocktest"
)

// runs are the examples, and what they must print.
var runs = map[string]struct {
	program string // and its arguments
	stdin   string
	queue   []test.Response
	want    []string // regular expressions
	fails   bool     // the exit status isn't 0
}{
	"batch":                {program: "batch", want: []string{`20 of 20\n20 ok; (2[1-9]|[3-9]\d) attempts, 100 tokens in, 140 out`, `(?s){"prompt":"What is 2 times 3\?","answer":"You said: What is 2 .*21 times 22\?"}\n$`}},
	"batch of stdin":       {program: "batch -at-once 1 -", stdin: "One\n \r\nTwo", want: []string{`2 ok; 2 attempts`, `You said: One"}\n.*You said: Two`}},
	"batch, one refused":   {program: "batch -at-once 1 -", stdin: "One\nTwo", queue: []test.Response{test.Error("ValidationException", "No.")}, want: []string{`1 ok, 1 ValidationException; 2 attempts`, `said: Two`}, fails: true},
	"batch of no file":     {program: "batch nowhere.txt", want: []string{`nowhere\.txt`}, fails: true},
	"caching":              {program: "caching", want: []string{`4514 tokens in: 0 read from the cache, 4510 written`, `4514 tokens in: 4510 read from the cache, 0 written`}},
	"chat":                 {program: "chat", stdin: "Hello\nAgain\n", want: []string{`> You said: Hello\n> You said: Again\n> \n`}},
	"converse":             {program: "converse Why?", want: []string{`^You said: Why\?`, `in us-east-1: 3 tokens in, 3 out, stopped for end_turn`}},
	"document":             {program: "document", want: []string{`Sources:\n- museum: The museum is open from 10 to 6`}},
	"document of a file":   {program: "document main_test.go What?", want: []string{`- main_test: package main`}},
	"embed":                {program: "embed", want: []string{`4 of 4 texts\n0\.\d+  The cat sleeps on the sofa\. \| A cat sleeps on a sofa\.`, `\d+ tokens`}},
	"embed stdin":          {program: "embed -", stdin: "a b\n\na b\n", want: []string{`1\.000  a b \| a b`}},
	"guardrail":            {program: "guardrail", want: []string{`stopped for guardrail_intervened`, `question: topic bedrocktest: BLOCKED`}},
	"guardrail passes":     {program: "guardrail Hello", want: []string{`said: A customer asks:\nHello`, `stopped for end_turn`}},
	"image":                {program: "image", want: []string{`Describe the picture in one sentence. \[1 image\]`}},
	"image of a file":      {program: "image PICTURE What is it?", want: []string{`said: What is it\? \[1 image\]`}},
	"image of no image":    {program: "image main_test.go", want: []string{`main_test.go`}, fails: true},
	"invoke":               {program: "invoke", want: []string{`^0\.\d+  In winter the shop will open at ten\.\n`}},
	"offline":              {program: "offline", want: []string{`The capital of France is Paris\.`, `Are you busy\?\n(?s:.*)\nYes\.`, `what arrived: "First of\\n"`}},
	"offline with another": {program: "offline ../converse Why?", want: []string{`You said: Why\?`}},
	"offline with nothing": {program: "offline ./nowhere", want: []string{`nowhere`}, fails: true},
	"reasoning":            {program: "reasoning", want: []string{`\[thought\] No model thought about this\.\n\[answer\]  You said: How many`, `said: Are you sure\?`}},
	"regions":              {program: "regions us-east-1 eu-west-1", want: []string{`us-east-1 +[\d.]+[µm]?s`, `eu-west-1 +[\d.]+[µm]?s`}},
	"stream":               {program: "stream", want: []string{`^You said: Tell me a story in five sentences\.\n\n7 tokens in, 9 out, stopped for end_turn`}},
	"structured":           {program: "structured", want: []string{`^{Name:sample Born:1 Places:\[sample\]}\n$`}},
	"structured, cut":      {program: "structured", queue: []test.Response{test.Text(`{"name":`).StopReason("max_tokens")}, want: []string{`max_tokens`, `stopped for max_tokens and said: {"name":`}, fails: true},
	"structured via tool":  {program: "structured -via-tool -model amazon.nova-lite-v1:0", want: []string{`^{Name:sample Born:1 Places:\[sample\]}\n$`}},
	"testing":              {program: "testing long text", want: []string{`^You said: long text\n$`}},
	"tools":                {program: "tools", want: []string{`The tools say: {"celsius":18,"sky":"sun"}; \d\d:\d\d\n`, `2 rounds, \d+ tokens in`}},
	"toolstream":           {program: "toolstream", want: []string{`^I'll look both up\.\nThe tools say: 4 °C and rain; 18 °C and sun\n$`}},
}

// sample are the examples that run unless BEDROCK_TESTS=all asks for each, because a
// program takes a second to link.
var sample = []string{"batch", "chat", "structured", "tools"}

// Every example runs against the stand-in and prints what it is about.
func TestExamples(t *testing.T) {
	t.Parallel()
	programs, picture := build(t), filepath.Join(t.TempDir(), "picture")
	if err := os.WriteFile(picture, []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, run := range runs {
		arguments := strings.Fields(strings.ReplaceAll(run.program, "PICTURE", picture))
		if !everything && !slices.Contains(sample, arguments[0]) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd, srv := offline(t, programs, arguments...)
			cmd.Stdin = strings.NewReader(run.stdin)
			if run.queue != nil {
				srv.Queue(run.queue...)
			}
			printed, err := cmd.CombinedOutput()
			if (err != nil) != run.fails {
				t.Errorf("got %v, want a failure: %v", err, run.fails)
			}
			for _, want := range run.want {
				if !regexp.MustCompile(want).Match(printed) {
					t.Errorf("want %s", want)
				}
			}
			if t.Failed() {
				t.Logf("%s printed:\n%s", run.program, printed)
			}
		})
	}
}

func TestEveryExampleIsToRun(t *testing.T) {
	t.Parallel()
	folders, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if _, err := os.Stat(filepath.Join("..", folder.Name(), "go.mod")); err != nil && runs[folder.Name()].want == nil {
			t.Errorf("nothing is said of what %s prints", folder.Name())
		}
	}
}

func TestBatchInterruptedKeepsWhatItHas(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a process can't be interrupted there")
	}
	cmd, srv := offline(t, build(t), "batch")
	srv.Limit(0, 1) // one call gets through, the others wait to try again
	var answers bytes.Buffer
	cmd.Stdout = &answers
	progress, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := make([]byte, len("\r1 of 20"))
	if _, err := io.ReadFull(progress, first); err != nil || string(first) != "\r1 of 20" {
		t.Errorf("progress %q, %v", first, err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	summary, _ := io.ReadAll(progress)
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("got %v, want exit status 1", err)
	}
	if !regexp.MustCompile(`\n1 ok, \d+ interrupted, \d+ not asked; \d+ attempts`).Match(summary) {
		t.Errorf("got the summary %q", summary)
	}
	if lines := strings.Count(answers.String(), "\n"); lines != 1 {
		t.Errorf("got %d answers, want 1: %s", lines, &answers)
	}
}

var everything = os.Getenv("BEDROCK_TESTS") == "all"

// programs is the folder with the compiled examples.
var programs string

var compiled = sync.OnceValue(func() error {
	arguments := []string{"build", "-ldflags=-s -w", "-o", programs + string(filepath.Separator)}
	if everything {
		arguments = append(arguments, "../...")
	} else {
		for _, name := range sample {
			arguments = append(arguments, "../"+name)
		}
	}
	if out, err := exec.Command("go", arguments...).CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
})

// TestMain makes the folder of the programs, for all tests.
func TestMain(m *testing.M) {
	var err error
	if programs, err = os.MkdirTemp("", "examples"); err != nil {
		log.Fatal(err)
	}
	status := m.Run()
	os.RemoveAll(programs)
	os.Exit(status)
}

// build compiles the examples, once, and returns the folder with the programs.
func build(t *testing.T) string {
	t.Helper()
	if err := compiled(); err != nil {
		t.Fatal(err)
	}
	return programs
}

// offline prepares an example to run, and the server that answers it.
func offline(t *testing.T, programs string, arguments ...string) (*exec.Cmd, *test.Server) {
	t.Helper()
	srv := test.NewServer()
	t.Cleanup(srv.Close)
	prepare(srv, arguments[0])
	env, err := srv.Environ()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(programs, arguments[0]), arguments[1:]...)
	cmd.Env, cmd.WaitDelay = env, time.Minute
	return cmd, srv
}
