package bedrock_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"
	"github.com/aws/smithy-go/transport/http/protocol/restjson1"

	"example.com/bedrock"
)

// These tests hold the numbers that docs/comparison.md gives for the SDK alone and for this
// package. One that fails for the SDK's number means that the SDK has changed.

// answering is an HTTP client that is a function.
type answering func(*http.Request) (*http.Response, error)

func (f answering) Do(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return f(r)
}

func answer(r *http.Request, status int, body io.Reader, header ...string) *http.Response {
	h := http.Header{"Content-Type": {"application/json"}, "X-Amzn-Requestid": {"8f0b8d7e-1a1c-4d0a-9a52-2f5b1de0c001"}}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Proto: "HTTP/2.0", ProtoMajor: 2, Header: h, Body: io.NopCloser(body), ContentLength: -1, Request: r}
}

func configFor(c bedrockruntime.HTTPClient) aws.Config {
	return aws.Config{Region: "us-east-1", HTTPClient: c, Credentials: aws.NewCredentialsCache(aws.CredentialsProviderFunc(
		func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "SECRET"}, nil
		}))}
}

// pair is the SDK alone and this package over the same transport.
func pair(t *testing.T, c answering, opts ...bedrock.Option) (*bedrockruntime.Client, *bedrock.Client) {
	t.Helper()
	ours, err := bedrock.NewFromConfig(configFor(c), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return bedrockruntime.NewFromConfig(configFor(c)), ours
}

func sdkInput() *bedrockruntime.ConverseInput {
	return &bedrockruntime.ConverseInput{ModelId: aws.String(benchModel), Messages: bedrock.Prompt("Hello")}
}

func sdkStreamInput() *bedrockruntime.ConverseStreamInput {
	return &bedrockruntime.ConverseStreamInput{ModelId: aws.String(benchModel), Messages: bedrock.Prompt("Hello")}
}

func TestComparedCutStream(t *testing.T) {
	t.Parallel()
	whole := wireStream(3)
	for name, end := range map[string]error{"ended": io.EOF, "dropped": io.ErrUnexpectedEOF} {
		var cut int
		sdk, ours := pair(t, func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, io.MultiReader(bytes.NewReader(whole[:cut]), endsWith{end}), "Content-Type", "application/vnd.amazon.eventstream"), nil
		}, bedrock.WithMaxAttempts(1))
		sdkSilent, silent, cuts := 0, 0, 0
		metadata := len(whole) - len(event("metadata", `{"metrics":{"latencyMs":593},"p":"abcd","usage":{"inputTokens":9,"outputTokens":200,"totalTokens":209}}`))
		for cut = 1; cut < len(whole); cut += sampled(1, 7) {
			if cut == metadata {
				continue // the reply is complete here, but for the count of tokens
			}
			cuts++
			if out, err := sdk.ConverseStream(context.Background(), sdkStreamInput()); err == nil {
				for range out.GetStream().Events() {
				}
				if out.GetStream().Close() == nil {
					sdkSilent++
				}
			}
			if s, err := ours.ConverseStream(context.Background(), benchModel, bedrock.Prompt("Hello")); err == nil {
				if _, err := s.Reply(); err == nil {
					silent++
				}
			}
		}
		t.Logf("stream %s at each of %d offsets: no error from the SDK alone in %d, from this package in %d", name, cuts, sdkSilent, silent)
		if sdkSilent != cuts || silent != 0 {
			t.Errorf("want %d and 0", cuts)
		}
	}
}

type endsWith struct{ err error }

func (e endsWith) Read([]byte) (int, error) { return 0, e.err }

func TestComparedAttempts(t *testing.T) {
	t.Parallel()
	frame := exceptionFrame("throttlingException", "slow down")
	for name, test := range map[string]struct {
		stream    bool
		answer    func(*http.Request) *http.Response
		sdk, ours int32
	}{
		"ModelNotReadyException": {false, func(r *http.Request) *http.Response {
			return answer(r, 429, strings.NewReader(`{"message":"loading"}`), "X-Amzn-Errortype", "ModelNotReadyException")
		}, 1, 10},
		"exception in a stream's first frame": {true, func(r *http.Request) *http.Response {
			return answer(r, 200, bytes.NewReader(frame), "Content-Type", "application/vnd.amazon.eventstream")
		}, 1, 10},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var n atomic.Int32
				sdk, ours := pair(t, func(r *http.Request) (*http.Response, error) { n.Add(1); return test.answer(r), nil }, bedrock.WithMaxBackoff(0))
				if test.stream {
					out, err := sdk.ConverseStream(context.Background(), sdkStreamInput())
					if err != nil {
						t.Fatal(err)
					}
					for range out.GetStream().Events() {
					}
					err = out.GetStream().Close()
					var throttled *types.ThrottlingException
					if !errors.As(err, &throttled) {
						t.Error(err)
					}
				} else if _, err := sdk.Converse(context.Background(), sdkInput()); err == nil {
					t.Error("no error from the SDK")
				}
				bySDK := n.Swap(0)
				var err error
				if test.stream {
					_, err = ours.ConverseStream(context.Background(), benchModel, bedrock.Prompt("Hello"))
				} else {
					_, err = ours.Converse(context.Background(), benchModel, bedrock.Prompt("Hello"))
				}
				if !errors.Is(err, bedrock.ErrThrottled) {
					t.Error(err)
				}
				t.Logf("%s: %d attempts by the SDK alone, %d by this package", name, bySDK, n.Load())
				if bySDK != test.sdk || n.Load() != test.ours {
					t.Errorf("want %d and %d", test.sdk, test.ours)
				}
			})
		})
	}
}

// A hundred calls at once, each throttled twice before it is let through.
func TestComparedRetryQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const calls = 100
		var seen sync.Map
		sdk, ours := pair(t, func(r *http.Request) (*http.Response, error) {
			n, _ := seen.LoadOrStore(r.Header.Get("Amz-Sdk-Invocation-Id"), new(atomic.Int32))
			if n.(*atomic.Int32).Add(1) <= 2 {
				return answer(r, 429, strings.NewReader(`{"message":"slow down"}`), "X-Amzn-Errortype", "ThrottlingException"), nil
			}
			return answer(r, 200, strings.NewReader(`{"output":{"message":{"role":"assistant","content":[{"text":"Hi"}]}},"stopReason":"end_turn"}`)), nil
		})
		failed := func(call func() error) int {
			var failures, quota atomic.Int32
			var wg sync.WaitGroup
			for range calls {
				wg.Go(func() {
					err := call()
					var q ratelimit.QuotaExceededError
					if err != nil {
						failures.Add(1)
					}
					if errors.As(err, &q) {
						quota.Add(1)
					}
				})
			}
			wg.Wait()
			if failures.Load() != quota.Load() {
				t.Errorf("%d of %d failures by the retry quota", quota.Load(), failures.Load())
			}
			return int(failures.Load())
		}
		bySDK := failed(func() error { _, err := sdk.Converse(context.Background(), sdkInput()); return err })
		byUs := failed(func() error {
			_, err := ours.Converse(context.Background(), benchModel, bedrock.Prompt("Hello"))
			return err
		})
		t.Logf("%d calls throttled twice each: the SDK's own quota fails %d, this package %d", calls, bySDK, byUs)
		if bySDK != calls || byUs != 0 {
			t.Errorf("want %d, and 0", calls)
		}
	})
}

func TestComparedAbandonedStreams(t *testing.T) {
	const streams = 20
	head := append(event("messageStart", `{"role":"assistant"}`), event("contentBlockDelta", `{"contentBlockIndex":0,"delta":{"text":"Hi"}}`)...)
	synctest.Test(t, func(t *testing.T) {
		sdk, ours := pair(t, func(r *http.Request) (*http.Response, error) {
			return answer(r, 200, io.MultiReader(bytes.NewReader(head), untilDone{r.Context()}), "Content-Type", "application/vnd.amazon.eventstream"), nil
		})
		leaked := func(open func(context.Context) (io.Closer, error)) int {
			before := bubbled()
			ctx, cancel := context.WithCancel(context.Background())
			for range streams {
				s, err := open(ctx)
				if err != nil {
					t.Fatal(err)
				}
				defer s.Close()
			}
			cancel()
			return bubbled() - before
		}
		byUs := leaked(func(ctx context.Context) (io.Closer, error) {
			return ours.ConverseStream(ctx, benchModel, bedrock.Prompt("Hello"))
		})
		bySDK := leaked(func(ctx context.Context) (io.Closer, error) {
			out, err := sdk.ConverseStream(ctx, sdkStreamInput(), func(o *bedrockruntime.Options) {
				o.Protocol = restjson1.New(nil) // else its streams race with each other
			})
			if err != nil {
				return nil, err
			}
			return out.GetStream(), nil
		})
		t.Logf("goroutines left by %d streams whose context was cancelled: %d by the SDK alone, %d by this package", streams, bySDK, byUs)
		if bySDK != 3*streams || byUs != 0 {
			t.Errorf("want %d, and 0", 3*streams)
		}
	})
}

// untilDone is a body on which nothing comes until the context ends.
type untilDone struct{ ctx context.Context }

func (u untilDone) Read([]byte) (int, error) {
	<-u.ctx.Done()
	return 0, u.ctx.Err()
}

func TestComparedReasonAfterDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sdk, ours := pair(t, func(r *http.Request) (*http.Response, error) {
			return answer(r, 429, strings.NewReader(`{"message":"slow down"}`), "X-Amzn-Errortype", "ThrottlingException", "Retry-After", "4"), nil
		})
		lost := 0
		for range 50 { // until the deadline falls into a wait
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			_, err := sdk.Converse(ctx, sdkInput())
			cancel()
			var throttled *types.ThrottlingException
			if errors.Is(err, context.DeadlineExceeded) && !errors.As(err, &throttled) {
				lost++
			}
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		begin := time.Now()
		_, err := ours.Converse(ctx, benchModel, bedrock.Prompt("Hello"))
		var throttled *types.ThrottlingException
		if !errors.As(err, &throttled) || !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 100*time.Millisecond {
			t.Errorf("after %v: %v", time.Since(begin), err)
		}
		if lost == 0 {
			t.Error("the SDK kept the reason each time")
		}
	})
}

func TestComparedReplies(t *testing.T) {
	t.Parallel()
	body := `{}`
	sdk, ours := pair(t, func(r *http.Request) (*http.Response, error) { return answer(r, 200, strings.NewReader(body)), nil })
	if out, err := sdk.Converse(context.Background(), sdkInput()); err != nil || out.Output != nil {
		t.Errorf("an empty reply is no success to the SDK: %v", err)
	}
	if _, err := ours.Converse(context.Background(), benchModel, bedrock.Prompt("Hello")); !errors.Is(err, bedrock.ErrEmptyReply) {
		t.Error(err)
	}
	body = `{"output":{"message":{"role":"assistant","content":[{"text":"a"},{"hologram":{}},{"text":"b"}]}},"stopReason":"end_turn"}`
	out, err := sdk.Converse(context.Background(), sdkInput())
	if err != nil {
		t.Fatal(err)
	}
	if text := (&bedrock.Reply{ConverseOutput: out}).Text(); text != "aab" {
		t.Errorf("the SDK makes %q of an unknown block between a and b", text)
	}
	reply, err := ours.Converse(context.Background(), benchModel, bedrock.Prompt("Hello"))
	if err != nil {
		t.Fatal(err)
	}
	if reply.Text() != "ab" {
		t.Errorf("this package makes %q of it", reply.Text())
	}
}

func TestComparedDocuments(t *testing.T) {
	t.Parallel()
	var sent []byte
	c := capturing{&sent}
	sdk := bedrockruntime.NewFromConfig(configFor(c))
	in := sdkInput()
	in.AdditionalModelRequestFields = document.NewLazyDocument(map[string]any{"at": time.Now()})
	if _, err := sdk.Converse(context.Background(), in); err != nil || json.Valid(sent) {
		t.Errorf("the SDK sent %s, error %v", sent, err)
	}
	doc, err := bedrock.JSON(map[string]any{"at": time.Unix(0, 0).UTC()})
	if err != nil {
		t.Fatal(err)
	}
	in.AdditionalModelRequestFields = doc
	if _, err := sdk.Converse(context.Background(), in); err != nil || !bytes.Contains(sent, []byte(`{"at":"1970-01-01T00:00:00Z"}`)) {
		t.Errorf("sent %s, error %v", sent, err)
	}
}

type capturing struct{ sent *[]byte }

func (c capturing) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	*c.sent = body
	return answer(r, 200, strings.NewReader(`{"output":{"message":{"role":"assistant","content":[]}}}`)), err
}
