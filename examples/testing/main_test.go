package main

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock/bedrocktest"
)

const model = "amazon.nova-lite-v1:0"

func TestSummarize(t *testing.T) {
	for name, test := range map[string]struct {
		answers []bedrocktest.Response
		want    string
		err     error
	}{
		"plain":       {[]bedrocktest.Response{bedrocktest.Text(" A summary. ")}, "A summary.", nil},
		"cut short":   {[]bedrocktest.Response{bedrocktest.Text("A summ").StopReason(types.StopReasonMaxTokens)}, "A summ […]", nil},
		"throttled":   {[]bedrocktest.Response{bedrocktest.Throttle(), bedrocktest.Throttle(), bedrocktest.Text("A summary.")}, "A summary.", nil},
		"over-length": {[]bedrocktest.Response{bedrocktest.Error("ValidationException", "Input is too long for requested model.")}, "", errTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			srv := bedrocktest.NewServer()
			defer srv.Close()
			srv.Queue(test.answers...)

			got, err := summarize(context.Background(), srv.Client(), model, "a long text")
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %q, %v, want %q, %v", got, err, test.want, test.err)
			}
			if requests := srv.Requests(); len(requests) != len(test.answers) || requests[0].Text() != "a long text" {
				t.Errorf("%d requests, the first with %q", len(requests), requests[0].Text())
			}
		})
	}
}
