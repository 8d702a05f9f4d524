package bedrock

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
)

func TestDerivedClientsShareConnections(t *testing.T) {
	t.Parallel()
	for _, mode := range []aws.DefaultsMode{aws.DefaultsModeLegacy, aws.DefaultsModeStandard} {
		var connections atomic.Int32
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Write([]byte(okConverse))
		}))
		s.EnableHTTP2 = true
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				connections.Add(1)
			}
		}
		s.StartTLS()
		t.Cleanup(s.Close)
		trusted := s.Client().Transport.(*http.Transport).TLSClientConfig
		cfg := testConfig(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) { t.TLSClientConfig = trusted.Clone() }))
		cfg.BaseEndpoint, cfg.DefaultsMode = &s.URL, mode
		root := clientOf(t, cfg)
		for i := range 4 {
			c := root.With(WithRegion(fmt.Sprint("eu-west-", i)))
			if c.SDK().Options().HTTPClient != root.SDK().Options().HTTPClient {
				t.Errorf("%s: the derived client has an HTTP client of its own", mode)
			}
			if _, err := ask(context.Background(), c); err != nil {
				t.Fatal(err)
			}
		}
		if n := connections.Load(); n != 1 {
			t.Errorf("%s: got %d connections for 4 derived clients, want 1", mode, n)
		}
	}
}

// countingCredentials counts how often they are fetched.
type countingCredentials struct{ n atomic.Int32 }

func (c *countingCredentials) Retrieve(context.Context) (aws.Credentials, error) {
	c.n.Add(1)
	return aws.Credentials{AccessKeyID: "A", SecretAccessKey: "S", CanExpire: true, Expires: time.Now().Add(time.Hour)}, nil
}

func TestDerivedClientsShareCredentials(t *testing.T) {
	t.Parallel()
	loaded, given := &countingCredentials{}, &countingCredentials{}
	cfg := testConfig(always(200, okConverse))
	cfg.Credentials = aws.NewCredentialsCache(loaded) // as config.LoadDefaultConfig does
	for name, root := range map[string]*Client{"configuration": clientOf(t, cfg), "WithCredentials": clientOf(t, cfg, WithCredentials(given))} {
		for i := range 4 {
			if _, err := ask(context.Background(), root.With(WithRegion(fmt.Sprint("eu-west-", i)))); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
	if loaded.n.Load() != 1 || given.n.Load() != 1 {
		t.Errorf("got credentials fetched %d and %d times, want once each", loaded.n.Load(), given.n.Load())
	}
}

func TestDerivedClientsShareTheClocksCorrection(t *testing.T) {
	t.Parallel()
	const ahead = 10 * time.Minute
	server := func(r *http.Request, _ string) (*http.Response, error) {
		now := time.Now().Add(ahead)
		date := []string{"Date", now.UTC().Format(http.TimeFormat)}
		signed, _ := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if now.Sub(signed).Abs() > 5*time.Minute {
			return failing(403, "InvalidSignatureException", "Signature expired", date...)(r, "")
		}
		return answer(r, 200, okConverse, date...), nil
	}
	root := stubClient(t, server)
	once := root.With(WithMaxAttempts(1))
	if _, err := ask(context.Background(), once); !errors.Is(err, ErrCredentials) {
		t.Errorf("got error %v before the offset is known, want ErrCredentials", err)
	}
	root = stubClient(t, server)
	once = root.With(WithMaxAttempts(1))
	reply, err := ask(context.Background(), root)
	if err != nil || reply.Attempts != 2 {
		t.Fatalf("got reply %v, error %v, want one after 2 attempts", reply, err)
	}
	for name, c := range map[string]*Client{"derived before": once, "derived after": root.With(WithMaxAttempts(1), WithRegion("eu-west-1"))} {
		if _, err := ask(context.Background(), c); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDerivedClientsShareTheRetryQuota(t *testing.T) {
	t.Parallel()
	root := stubClient(t, failing(500, "InternalServerException", "oops"), WithMaxBackoff(0))
	for range 15 {
		askFails(t, root)
	}
	if e := askFails(t, root.With(WithRegion("eu-west-1"))); e.Attempts != 1 {
		t.Errorf("got %d attempts of a derived client after its root has used the quota up, want 1", e.Attempts)
	}
	if e := askFails(t, stubClient(t, failing(500, "InternalServerException", "oops"), WithMaxBackoff(0))); e.Attempts != 10 {
		t.Errorf("got %d attempts of another client, want 10", e.Attempts)
	}
}

func TestABadOptionFailsTheCallsOfTheDerivedClientOnly(t *testing.T) {
	t.Parallel()
	seen := &captured{}
	root := stubClient(t, seen.then(always(200, okConverse)))
	c := root.With(WithRegion("evil.com"))
	ctx := context.Background()
	calls := map[string]func(c *Client) error{
		"Converse":       func(c *Client) error { _, err := ask(ctx, c); return err },
		"ConverseStream": func(c *Client) error { _, err := c.ConverseStream(ctx, testModel, Prompt("x")); return err },
		"CountTokens":    func(c *Client) error { _, err := c.CountTokens(ctx, testModel, Prompt("x")); return err },
		"InvokeModel":    func(c *Client) error { _, err := Invoke[any](ctx, c, testModel, "x"); return err },
		"InvokeModelWithResponseStream": func(c *Client) error {
			_, err := InvokeStream[any](ctx, c, testModel, "x")
			return err
		},
	}
	for name, call := range calls {
		err := call(c)
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: got error %v, want ErrInvalid", name, err)
			continue
		}
		if e := asError(t, err); e.Op != name || e.Attempts != 0 {
			t.Errorf("%s: got operation %q after %d attempts, want the operation and 0", name, e.Op, e.Attempts)
		}
		wantContains(t, err.Error(), "evil.com", "not the name of an AWS region")
	}
	for name, err := range callEveryOperation(c.SDK()) {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("SDK().%s: got error %v, want ErrInvalid", name, err)
		}
	}
	if seen.count() != 0 {
		t.Errorf("got %d requests, want none", seen.count())
	}
	if _, err := ask(ctx, root); err != nil || root.Region() != testRegion {
		t.Errorf("the parent in %s: %v, want it to work as before", root.Region(), err)
	}
	if _, err := ask(ctx, c.With(WithRegion("eu-west-1"))); err != nil {
		t.Errorf("derived again with a good region: %v", err)
	}
	if _, err := ask(ctx, root.With(WithMaxAttempts(0)).With(WithRegion("eu-west-1"))); !errors.Is(err, ErrInvalid) {
		t.Errorf("derived again with the bad option left: got error %v, want ErrInvalid", err)
	}
}

// callEveryOperation calls the SDK's operations with empty input.
func callEveryOperation(c *bedrockruntime.Client) map[string]error {
	errs := map[string]error{}
	v := reflect.ValueOf(c)
	for i := range v.NumMethod() {
		m := v.Method(i).Type()
		if m.NumIn() != 3 || !m.IsVariadic() || m.NumOut() != 2 {
			continue
		}
		out := v.Method(i).Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.New(m.In(1).Elem())})
		errs[v.Type().Method(i).Name], _ = out[1].Interface().(error)
	}
	return errs
}

func TestEveryOperationOfTheSDKIsCovered(t *testing.T) {
	t.Parallel()
	if n := len(callEveryOperation(stubClient(t, always(200, "{}")).With(WithMaxAttempts(0)).SDK())); n < 11 {
		t.Errorf("got %d operations, want the SDK's 11 or more", n)
	}
}

func TestDerivingDoesNotAlterTheParent(t *testing.T) {
	t.Parallel()
	seen := &captured{}
	header := func(value string) Option {
		return WithSDKOptions(func(o *bedrockruntime.Options) { o.AppID = value })
	}
	root := stubClient(t, seen.then(always(200, okConverse)), header("root"), header("root"), header("root"))
	one, two := root.With(header("one"), WithRegion("eu-west-1"), WithMaxAttempts(1)), root.With(header("two"))
	for want, c := range map[string]*Client{"app/root": root, "app/one": one, "app/two": two} {
		if _, err := ask(context.Background(), c); err != nil {
			t.Fatal(err)
		}
		if r, _ := seen.last(t); !strings.Contains(r.Header.Get("User-Agent"), want) {
			t.Errorf("got user agent %q, want %q", r.Header.Get("User-Agent"), want)
		}
	}
	if root.Region() != testRegion || one.Region() != "eu-west-1" || two.Region() != testRegion {
		t.Errorf("got regions %s, %s, %s, want us-east-1, eu-west-1, us-east-1", root.Region(), one.Region(), two.Region())
	}
	if back := one.With(WithRegion(testRegion)); back.Region() != testRegion || back.SDK().Options().Region != testRegion {
		t.Errorf("got region %s after deriving back, want %s", back.Region(), testRegion)
	}
}

func TestConcurrentDeriving(t *testing.T) {
	t.Parallel()
	root := stubClient(t, always(200, okConverse), WithSDKOptions(func(*bedrockruntime.Options) {}))
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			region := fmt.Sprint("eu-west-", i)
			c := root.With(WithRegion(region), WithSDKOptions(func(*bedrockruntime.Options) {}))
			if _, err := ask(context.Background(), c); err != nil || c.Region() != region {
				t.Errorf("got region %s, error %v, want %s", c.Region(), err, region)
			}
			if _, err := ask(context.Background(), root.With(WithMaxAttempts(0))); !errors.Is(err, ErrInvalid) {
				t.Errorf("got error %v, want ErrInvalid", err)
			}
		})
	}
	wg.Wait()
}
