package bedrock_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock"
	"example.com/bedrock/bedrocktest"
)

// setenv makes environ the environment of this process.
func setenv(environ []string) {
	os.Clearenv()
	for _, variable := range environ {
		name, value, _ := strings.Cut(variable, "=")
		os.Setenv(name, value)
	}
}

// New finds region and credentials as every AWS program does. Here they are set for
// a server in this process; in an application they are there already.
func ExampleNew() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Paris"))
	environ, err := srv.Environ()
	if err != nil {
		log.Fatal(err)
	}
	defer setenv(os.Environ())
	setenv(environ)

	ctx := context.Background()
	client, err := bedrock.New(ctx)
	if err != nil {
		log.Fatal(err)
	}
	reply, err := client.Converse(ctx, "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text())
	// Output: Paris
}

// A profile, a role or an HTTP client of one's own goes into the configuration.
func ExampleNewFromConfig() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Paris"))

	// In an application:
	//	cfg, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile("dev"))
	cfg := srv.Config()

	client, err := bedrock.NewFromConfig(cfg, bedrock.WithMaxAttempts(5))
	if err != nil {
		log.Fatal(err)
	}
	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text())
	// Output: Paris
}

// The two clients share credentials, connections and the retry quota.
func ExampleClient_With() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle())
	client := srv.Client()

	impatient := client.With(bedrock.WithMaxAttempts(1))
	_, err := impatient.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
	fmt.Println(errors.Is(err, bedrock.ErrThrottled), len(srv.Requests()))
	// Output: true 1
}

// What this package has no method for is called on the SDK's client, which retries
// in the same way.
func ExampleClient_SDK() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle(), bedrocktest.JSON(map[string]any{"action": "GUARDRAIL_INTERVENED"}))
	client := srv.Client()

	out, err := client.SDK().ApplyGuardrail(context.Background(), &bedrockruntime.ApplyGuardrailInput{
		GuardrailIdentifier: aws.String("gr-1"),
		GuardrailVersion:    aws.String("1"),
		Source:              types.GuardrailContentSourceInput,
		Content: []types.GuardrailContentBlock{
			&types.GuardrailContentBlockMemberText{Value: types.GuardrailTextBlock{Text: aws.String("Insider tips?")}},
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(out.Action)
	// Output: GUARDRAIL_INTERVENED
}

func ExampleClient_Region() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	client := srv.Client()

	fmt.Println(client.Region(), client.With(bedrock.WithRegion("eu-west-1")).Region())
	// Output: us-east-1 eu-west-1
}

func ExampleWithRegion() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Region = "eu-central-1" // requests signed for another are refused
	srv.Queue(bedrocktest.Text("Paris"))
	cfg := srv.Config()
	cfg.Region = "us-east-1" // as AWS_REGION or the profile says

	client, err := bedrock.NewFromConfig(cfg, bedrock.WithRegion("eu-central-1"))
	if err != nil {
		log.Fatal(err)
	}
	reply, err := client.Converse(context.Background(), "eu.amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text(), client.Region())
	// Output: Paris eu-central-1
}

// A misspelt name is found at once.
func ExampleWithRegion_misspelt() {
	_, err := bedrock.NewFromConfig(aws.Config{}, bedrock.WithRegion("us-east1"))
	fmt.Println(err)
	// Output: bedrock: region "us-east1" is not the name of an AWS region, as in us-east-1; did you mean us-east-1?
}

func ExampleWithAPIKey() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	key := srv.APIKey // from your secret store

	client, err := bedrock.NewFromConfig(srv.Config(), bedrock.WithAPIKey(key))
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(srv.Requests()[0].Header.Get("Authorization"))
	// Output: Bearer bedrock-api-key-bedrocktest
}

// The provider is asked again when the credentials expire.
func ExampleWithCredentials() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	fromVault := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		fmt.Println("asking the vault")
		return aws.Credentials{
			AccessKeyID:     srv.Credentials.AccessKeyID,
			SecretAccessKey: srv.Credentials.SecretAccessKey,
			CanExpire:       true,
			Expires:         time.Now().Add(time.Hour),
		}, nil
	})

	client, err := bedrock.NewFromConfig(srv.Config(), bedrock.WithCredentials(fromVault))
	if err != nil {
		log.Fatal(err)
	}
	for _, question := range []string{"Capital of France?", "Capital of Spain?"} {
		reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt(question))
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(reply.Text())
	}
	// Output:
	// asking the vault
	// Capital of France?
	// Capital of Spain?
}

func ExampleWithMaxAttempts() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle(), bedrocktest.Throttle(), bedrocktest.Throttle())

	client := srv.Client(bedrock.WithMaxAttempts(3))
	_, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))

	var failure *bedrock.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Code, "after", failure.Attempts, "attempts")
	}
	// Output: ThrottlingException after 3 attempts
}

// Where a person waits, a long pause is of no use.
func ExampleWithMaxBackoff() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle(), bedrocktest.Throttle(), bedrocktest.Throttle(), bedrocktest.Text("Paris"))

	client, err := bedrock.NewFromConfig(srv.Config(), bedrock.WithMaxBackoff(10*time.Millisecond))
	if err != nil {
		log.Fatal(err)
	}
	reply, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(reply.Text(), reply.Attempts)
	// Output: Paris 4
}

func ExampleWithStallTimeout() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Text("Once", " upon", " a time").CutAfter(3, bedrocktest.Stall))

	client := srv.Client(bedrock.WithStallTimeout(100 * time.Millisecond))
	stream, err := client.ConverseStream(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("A story, please."))
	if err == nil {
		_, err = stream.Reply() // and what arrived until the silence
	}
	fmt.Println(errors.Is(err, bedrock.ErrStalled))
	// Output: true
}

// An imported model may end its streams without the mark that Bedrock's own models
// send.
func ExampleWithUnmarkedStreamEnd() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Frames(bedrocktest.EventFrame("chunk", map[string]any{"bytes": []byte(`{"text":"Paris"}`)})))
	client := srv.Client(bedrock.WithUnmarkedStreamEnd())

	stream, err := bedrock.InvokeStream[struct{ Text string }](context.Background(), client,
		"arn:aws:bedrock:us-east-1:123456789012:imported-model/abc123", map[string]string{"prompt": "Capital of France?"})
	if err != nil {
		log.Fatal(err)
	}
	for chunk, err := range stream.Chunks() {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(chunk.Text)
	}
	// Output: Paris
}

func ExampleWithLogger() {
	srv := bedrocktest.NewServer()
	defer srv.Close()
	srv.Queue(bedrocktest.Throttle(), bedrocktest.Throttle())

	handler := slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		switch a.Key {
		case slog.TimeKey, "wait", "elapsed", "request_id": // not the same in every run
			return slog.Attr{}
		}
		return a
	}})
	client := srv.Client(bedrock.WithLogger(slog.New(handler)), bedrock.WithMaxAttempts(2))

	_, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("A secret question"), bedrock.MaxTokens(100))
	fmt.Println(errors.Is(err, bedrock.ErrThrottled))
	// Output:
	// level=INFO msg="bedrock: retrying" operation=Converse model=amazon.nova-lite-v1:0 region=us-east-1 attempts=1 code=ThrottlingException status=429 message="Too many requests, please wait before trying again."
	// level=WARN msg="bedrock: call failed" operation=Converse model=amazon.nova-lite-v1:0 region=us-east-1 attempts=2 code=ThrottlingException status=429 message="Too many requests, please wait before trying again."
	// true
}

// The name of an application goes into the User-Agent of its requests.
func ExampleWithSDKOptions() {
	srv := bedrocktest.NewServer()
	defer srv.Close()

	client := srv.Client(bedrock.WithSDKOptions(func(o *bedrockruntime.Options) {
		o.AppID = "travel-guide"
	}))
	_, err := client.Converse(context.Background(), "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.Contains(srv.Requests()[0].Header.Get("User-Agent"), "app/travel-guide"))
	// Output: true
}

// A program chooses its region once, as it starts.
func ExampleMeasureRegions() {
	srv := bedrocktest.NewServer() // which is where every region's endpoint leads
	defer srv.Close()
	environ, err := srv.Environ()
	if err != nil {
		log.Fatal(err)
	}
	defer setenv(os.Environ())
	setenv(environ)

	ctx := context.Background()
	latencies := bedrock.MeasureRegions(ctx, "us-east1", "eu-central-1")
	for _, l := range latencies {
		fmt.Println(l.Region, "reached:", l.Err == nil)
	}
	client, err := bedrock.New(ctx, bedrock.WithRegion(latencies[0].Region))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("chosen:", client.Region())
	// Output:
	// eu-central-1 reached: true
	// us-east1 reached: false
	// chosen: eu-central-1
}
