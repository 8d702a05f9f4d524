package bedrock_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

const benchModel = "amazon.nova-lite-v1:0"

// canned is an HTTP client that answers every request with the same bytes.
type canned struct {
	body   []byte
	status int // 0: 200
	header http.Header
}

func (c canned) Do(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: cmp.Or(c.status, http.StatusOK), Proto: "HTTP/2.0", ProtoMajor: 2, Header: c.header, Request: r,
		Body: io.NopCloser(bytes.NewReader(c.body)), ContentLength: int64(len(c.body)),
	}, nil
}

// side by side: the plain SDK and this package on the same bytes.
func clients(b *testing.B, c canned) (*bedrockruntime.Client, *bedrock.Client) {
	c.header.Set("X-Amzn-Requestid", "8f0b8d7e-1a1c-4d0a-9a52-2f5b1de0c001")
	cfg := aws.Config{Region: "us-east-1", HTTPClient: c, Credentials: aws.NewCredentialsCache(aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "SECRET"}, nil
		}))}
	ours, err := bedrock.NewFromConfig(cfg)
	if err != nil {
		b.Fatal(err)
	}
	return bedrockruntime.NewFromConfig(cfg), ours
}

func jsonHeader() http.Header { return http.Header{"Content-Type": {"application/json"}} }

// variant is one way to do the same thing.
type variant struct {
	name string
	do   func() error
}

// sideBySide runs each variant, and then all in turn: on a noisy machine the median of
// the ratios to the first one, the SDK's, is what can be trusted.
func sideBySide(b *testing.B, variants ...variant) {
	for _, v := range variants {
		b.Run(v.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := v.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("ratio", func(b *testing.B) {
		times := make([]time.Duration, len(variants))
		ratios := make([][]float64, len(variants))
		for i := 0; b.Loop(); i++ {
			for j := range variants {
				k := (i + j) % len(variants)
				begin := time.Now()
				if err := variants[k].do(); err != nil {
					b.Fatal(err)
				}
				times[k] = time.Since(begin)
			}
			for k := range variants {
				ratios[k] = append(ratios[k], float64(times[k])/float64(times[0]))
			}
		}
		for k := 1; k < len(variants); k++ {
			slices.Sort(ratios[k])
			b.ReportMetric(ratios[k][len(ratios[k])/2], variants[k].name+"/sdk")
		}
	})
}

var errWrong = errors.New("not what was sent")

func BenchmarkConverse(b *testing.B) {
	answer, prompt := strings.Repeat("a", 1024), strings.Repeat("p", 1024)
	sdk, ours := clients(b, canned{header: jsonHeader(), body: []byte(`{"output":{"message":{"role":"assistant","content":[{"text":"` + answer +
		`"}]}},"stopReason":"end_turn","usage":{"inputTokens":256,"outputTokens":256,"totalTokens":512},"metrics":{"latencyMs":3}}`)})
	ctx := context.Background()
	sideBySide(b, variant{"sdk", func() error {
		out, err := sdk.Converse(ctx, &bedrockruntime.ConverseInput{
			ModelId:         aws.String(benchModel),
			Messages:        []types.Message{{Role: types.ConversationRoleUser, Content: []types.ContentBlock{&types.ContentBlockMemberText{Value: prompt}}}},
			System:          []types.SystemContentBlock{&types.SystemContentBlockMemberText{Value: "Be brief."}},
			InferenceConfig: &types.InferenceConfiguration{MaxTokens: aws.Int32(512)},
		})
		if err == nil && out.Output.(*types.ConverseOutputMemberMessage).Value.Content[0].(*types.ContentBlockMemberText).Value != answer {
			err = errWrong
		}
		return err
	}}, variant{"bedrock", func() error {
		reply, err := ours.Converse(ctx, benchModel, bedrock.Prompt(prompt), bedrock.System("Be brief."), bedrock.MaxTokens(512))
		if err == nil && reply.Text() != answer {
			err = errWrong
		}
		return err
	}})
}

func BenchmarkRefusedConverse(b *testing.B) {
	header := jsonHeader()
	header.Set("X-Amzn-Errortype", "ValidationException")
	sdk, ours := clients(b, canned{status: 400, header: header, body: []byte(`{"message":"The provided request is not valid"}`)})
	ctx := context.Background()
	refused := func(err error) error {
		var validation *types.ValidationException
		if !errors.As(err, &validation) {
			return errWrong
		}
		return nil
	}
	sideBySide(b, variant{"sdk", func() error {
		_, err := sdk.Converse(ctx, &bedrockruntime.ConverseInput{ModelId: aws.String(benchModel), Messages: bedrock.Prompt("Hello")})
		return refused(err)
	}}, variant{"bedrock", func() error {
		_, err := ours.Converse(ctx, benchModel, bedrock.Prompt("Hello"))
		return refused(err)
	}})
}

func BenchmarkInvokeModel(b *testing.B) {
	header := jsonHeader()
	header.Set("X-Amzn-Bedrock-Input-Token-Count", "256")
	type titan struct {
		Embedding []float64 `json:"embedding"`
	}
	raw, err := json.Marshal(titan{make([]float64, 256)})
	if err != nil {
		b.Fatal(err)
	}
	sdk, ours := clients(b, canned{header: header, body: raw})
	body := map[string]any{"inputText": strings.Repeat("p", 1024)}
	ctx := context.Background()
	sideBySide(b, variant{"sdk", func() error {
		payload, err := json.Marshal(body)
		if err != nil {
			return err
		}
		out, err := sdk.InvokeModel(ctx, &bedrockruntime.InvokeModelInput{ModelId: aws.String(benchModel), Body: payload,
			ContentType: aws.String("application/json"), Accept: aws.String("application/json")})
		if err != nil {
			return err
		}
		var v titan
		if err := json.Unmarshal(out.Body, &v); err != nil || len(v.Embedding) != 256 {
			return errors.Join(errWrong, err)
		}
		return nil
	}}, variant{"bedrock", func() error {
		v, err := bedrock.Invoke[titan](ctx, ours, benchModel, body)
		if err == nil && len(v.Value.Embedding) != 256 {
			err = errWrong
		}
		return err
	}})
}

// wireStream is a reply of n text deltas as Bedrock sends it.
func wireStream(n int) []byte {
	var b bytes.Buffer
	write := func(name, payload string) { b.Write(bedrocktest.EventFrame(name, json.RawMessage(payload))) }
	write("messageStart", `{"p":"abcdefghijklmnopqrs","role":"assistant"}`)
	for range n {
		write("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":" hello"},"p":"abcdefghijklmnopqrstuvwxyz"}`)
	}
	write("contentBlockStop", `{"contentBlockIndex":0,"p":"abcdefgh"}`)
	write("messageStop", `{"p":"abcdefghijk","stopReason":"end_turn"}`)
	write("metadata", `{"metrics":{"latencyMs":593},"p":"abcd","usage":{"inputTokens":9,"outputTokens":200,"totalTokens":209}}`)
	return b.Bytes()
}

func BenchmarkConverseStream(b *testing.B) {
	for _, n := range []int{10, 200, 2000} {
		sdk, ours := clients(b, canned{header: http.Header{"Content-Type": {"application/vnd.amazon.eventstream"}}, body: wireStream(n)})
		want := strings.Repeat(" hello", n)
		check := func(got int, err error) error {
			if err == nil && got != len(want) {
				err = errWrong
			}
			return err
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			sideBySide(b,
				variant{"sdk", func() error { return check(countSDK(sdk)) }},
				variant{"events", func() error { return check(countEvents(ours)) }},
				variant{"text", func() error { return check(countText(ours)) }})
		})
	}
}

func countSDK(c *bedrockruntime.Client) (n int, err error) {
	out, err := c.ConverseStream(context.Background(), sdkStreamInput())
	if err != nil {
		return 0, err
	}
	for event := range out.GetStream().Events() {
		n += len(textOf(event))
	}
	return n, out.GetStream().Close()
}

func countEvents(c *bedrock.Client) (n int, err error) {
	s, err := c.ConverseStream(context.Background(), benchModel, bedrock.Prompt("Hello"))
	if err != nil {
		return 0, err
	}
	for event, err := range s.Events() {
		if err != nil {
			return n, err
		}
		n += len(textOf(event))
	}
	return n, nil
}

func countText(c *bedrock.Client) (n int, err error) {
	s, err := c.ConverseStream(context.Background(), benchModel, bedrock.Prompt("Hello"))
	if err != nil {
		return 0, err
	}
	for text, err := range s.Text() {
		if err != nil {
			return n, err
		}
		n += len(text)
	}
	return n, nil
}

// BenchmarkWaves sends waves of 200 calls at once over HTTP/1.1 and counts the
// connections that each wave after the first opens.
func BenchmarkWaves(b *testing.B) {
	const wave = 200
	call := map[string]func(*bedrocktest.Server) func() error{
		"sdk": func(s *bedrocktest.Server) func() error {
			c := bedrockruntime.NewFromConfig(s.Config())
			return func() error {
				_, err := c.CountTokens(context.Background(), &bedrockruntime.CountTokensInput{ModelId: aws.String(benchModel),
					Input: &types.CountTokensInputMemberConverse{Value: types.ConverseTokensRequest{Messages: bedrock.Prompt("Hello")}}})
				return err
			}
		},
		"bedrock": func(s *bedrocktest.Server) func() error {
			c := s.Client()
			return func() error {
				_, err := c.CountTokens(context.Background(), benchModel, bedrock.Prompt("Hello"))
				return err
			}
		},
	}
	for _, name := range []string{"sdk", "bedrock"} {
		b.Run(name, func(b *testing.B) {
			s := bedrocktest.NewHTTP1Server()
			defer s.Close()
			s.Handle(func(*bedrocktest.Request) bedrocktest.Response {
				return bedrocktest.JSON(map[string]any{"inputTokens": 1}).Delay(50 * time.Millisecond)
			})
			do := call[name](s)
			run := func() {
				var wg sync.WaitGroup
				for range wave {
					wg.Go(func() {
						if err := do(); err != nil {
							b.Error(err)
						}
					})
				}
				wg.Wait()
			}
			run()
			before, waves := s.Connections(), 0
			for b.Loop() {
				run()
				waves++
			}
			b.ReportMetric(float64(s.Connections()-before)/float64(waves), "new-conns/wave")
		})
	}
}

// BenchmarkOpenStreams holds 1,000 streams open that wait for their next event, and
// reports what each costs on the client's side of one stub transport.
func BenchmarkOpenStreams(b *testing.B) {
	const streams = 1000
	var head []byte
	for _, f := range [][]byte{
		bedrocktest.EventFrame("messageStart", json.RawMessage(`{"role":"assistant"}`)),
		bedrocktest.EventFrame("contentBlockDelta", json.RawMessage(`{"contentBlockIndex":0,"delta":{"text":"Hello"},"p":"abc"}`)),
	} {
		head = append(head, f...)
	}
	for _, name := range []string{"sdk", "bedrock"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				release := make(chan struct{})
				cfg := aws.Config{Region: "us-east-1", HTTPClient: waiting{head, release}, Credentials: aws.CredentialsProviderFunc(
					func(context.Context) (aws.Credentials, error) {
						return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "SECRET"}, nil
					})}
				sdk := bedrockruntime.NewFromConfig(cfg)
				ours, err := bedrock.NewFromConfig(cfg)
				if err != nil {
					b.Fatal(err)
				}
				var open []io.Closer
				goroutines, heap := usage()
				for range streams {
					if name == "sdk" {
						out, err := sdk.ConverseStream(context.Background(), &bedrockruntime.ConverseStreamInput{ModelId: aws.String(benchModel)})
						if err != nil {
							b.Fatal(err)
						}
						<-out.GetStream().Events()
						open = append(open, out.GetStream())
						continue
					}
					s, err := ours.ConverseStream(context.Background(), benchModel, nil)
					if err != nil {
						b.Fatal(err)
					}
					open = append(open, s)
				}
				g, h := usage()
				b.ReportMetric(float64(g-goroutines)/streams, "goroutines/stream")
				b.ReportMetric(float64(h-heap)/streams, "heap+stack-B/stream")
				close(release)
				for _, s := range open {
					s.Close()
				}
			}
		})
	}
}

// usage returns the goroutines and the bytes of heap and stacks in use.
func usage() (goroutines, bytes int) {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return runtime.NumGoroutine(), int(m.HeapAlloc + m.StackInuse)
}

// waiting answers with the beginning of a stream and then blocks.
type waiting struct {
	head    []byte
	release chan struct{}
}

func (w waiting) Do(r *http.Request) (*http.Response, error) {
	body := io.MultiReader(bytes.NewReader(w.head), blocked{w.release})
	return &http.Response{StatusCode: http.StatusOK, Proto: "HTTP/2.0", ProtoMajor: 2, Request: r, Body: io.NopCloser(body),
		Header: http.Header{"Content-Type": {"application/vnd.amazon.eventstream"}}}, nil
}

type blocked struct{ until chan struct{} }

func (b blocked) Read([]byte) (int, error) {
	<-b.until
	return 0, io.EOF
}
