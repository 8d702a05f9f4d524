// Batch asks many questions side by side. Throttled calls wait and try again, Ctrl-C
// ends it with what is there. Answers are lines of JSON in the order of the prompts.
//
//	go run ./examples/batch -region us-east-1 -model amazon.nova-lite-v1:0 -at-once 8 prompts.txt > answers.jsonl
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/bedrock"
)

func main() {
	region := flag.String("region", "", "AWS region; default: AWS_REGION or the profile's")
	model := flag.String("model", "amazon.nova-lite-v1:0", "model id, inference profile or ARN")
	atOnce := flag.Int("at-once", 8, "calls under way at once")
	flag.Parse()
	prompts, err := read(flag.Arg(0))
	if err != nil {
		log.Fatal(err)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var opts []bedrock.Option
	if *region != "" {
		opts = append(opts, bedrock.WithRegion(*region))
	}
	client, err := bedrock.New(ctx, opts...)
	if err != nil {
		log.Fatal(err)
	}
	start := time.Now()
	sum := summary{failed: map[string]int{}}
	replies := make([]*bedrock.Reply, len(prompts))
	for a := range ask(ctx, client, *model, prompts, *atOnce) {
		replies[a.prompt] = a.reply
		sum.add(a)
		fmt.Fprintf(os.Stderr, "\r%d of %d", sum.done, len(prompts))
	}
	if left := len(prompts) - sum.done; left > 0 {
		sum.failed["not asked"] = left
	}
	fmt.Fprintf(os.Stderr, "\n%v; %v\n", sum, time.Since(start).Round(time.Millisecond))

	lines := json.NewEncoder(os.Stdout)
	for i, reply := range replies {
		if reply == nil {
			continue
		}
		if err := lines.Encode(line{prompts[i], reply.Text()}); err != nil {
			log.Fatal(err)
		}
	}
	if sum.ok < len(prompts) {
		os.Exit(1)
	}
}

// line is one of the output.
type line struct {
	Prompt string `json:"prompt"`
	Answer string `json:"answer"`
}

// answer is what came of a prompt, by its index.
type answer struct {
	prompt int
	reply  *bedrock.Reply
	err    error
}

// ask sends the prompts, at most atOnce at a time, until the context ends.
func ask(ctx context.Context, client *bedrock.Client, model string, prompts []string, atOnce int) <-chan answer {
	answers := make(chan answer)
	go func() {
		defer close(answers)
		var calls sync.WaitGroup
		defer calls.Wait()
		places := make(chan struct{}, max(atOnce, 1))
		for i, prompt := range prompts {
			select {
			case places <- struct{}{}:
			case <-ctx.Done():
				return
			}
			calls.Go(func() {
				reply, err := client.Converse(ctx, model, bedrock.Prompt(prompt), bedrock.MaxTokens(200))
				<-places
				answers <- answer{i, reply, err}
			})
		}
	}()
	return answers
}

// summary counts what came of the prompts so far.
type summary struct {
	done, ok int
	failed   map[string]int // by kind
	attempts int
	tokens   bedrock.Tokens // of those that are ok
}

func (s *summary) add(a answer) {
	s.done++
	if a.err == nil {
		s.ok++
		s.attempts += a.reply.Attempts
		tokens := a.reply.Tokens()
		s.tokens = s.tokens.Add(tokens)
		return
	}
	var failure *bedrock.Error
	kind := "other"
	if errors.As(a.err, &failure) {
		s.attempts += failure.Attempts
		kind = cmp.Or(failure.Code, kind)
	}
	if errors.Is(a.err, context.Canceled) {
		kind = "interrupted"
	}
	s.failed[kind]++
}

func (s summary) String() string {
	text := fmt.Sprintf("%d ok", s.ok)
	for _, kind := range slices.Sorted(maps.Keys(s.failed)) {
		text += fmt.Sprintf(", %d %s", s.failed[kind], kind)
	}
	return text + fmt.Sprintf("; %d attempts, %d tokens in, %d out", s.attempts, s.tokens.TotalInput(), s.tokens.Output)
}

// read returns the lines of a file, of standard input for "-", or 20 made-up prompts.
func read(file string) (prompts []string, err error) {
	if file == "" {
		for i := range 20 {
			prompts = append(prompts, fmt.Sprintf("What is %d times %d?", i+2, i+3))
		}
		return prompts, nil
	}
	var text []byte
	if file == "-" {
		text, err = io.ReadAll(os.Stdin)
	} else {
		text, err = os.ReadFile(file)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			prompts = append(prompts, line)
		}
	}
	return prompts, err
}
