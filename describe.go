package bedrock

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/bedrock/internal/kind"
	"example.com/bedrock/internal/text"
)

// ending says in which way, besides its cause, a call ended.
func ending(err error) string {
	var late *deadlineError
	var quota ratelimit.QuotaExceededError
	var ended *endedError
	switch {
	case errors.As(err, &late):
		return late.Error()
	case errors.As(err, &quota):
		return "gave up: the client's retry quota is used up"
	case errors.As(err, &ended):
		return contextText(err) + ": " + oneLine(ended.cause.Error())
	case endedByContext(err):
		return contextText(err)
	}
	return ""
}

func contextText(err error) string {
	if errors.Is(err, context.Canceled) {
		return context.Canceled.Error()
	}
	return context.DeadlineExceeded.Error()
}

// endedByContext reports whether the caller's context ended a call. An errors.Is for
// DeadlineExceeded alone holds for a timeout of the network too.
func endedByContext(err error) bool {
	var between *causeError
	if errors.As(err, &between) {
		err = between.err
	}
	cause := innermost(err)
	return isCanceled(err) || cause == context.Canceled || cause == context.DeadlineExceeded
}

// describe fills in what the cause tells: code, message, status, request id.
func (e *Error) describe() {
	var id interface{ ServiceRequestID() string }
	if errors.As(e.Err, &id) {
		e.RequestID = id.ServiceRequestID()
	}
	var status interface{ HTTPStatusCode() int }
	if errors.As(e.Err, &status) {
		e.HTTPStatus = status.HTTPStatusCode()
	}
	var api smithy.APIError
	var reply *replyError
	inReply := errors.As(e.Err, &reply)
	if inReply {
		e.Events, e.Attempts = reply.events, max(e.Attempts, reply.attempts)
	}
	switch {
	case errors.As(e.Err, &api):
		e.describeCode(api)
	case inReply:
		e.Message = oneLine(reply.text())
	case e.Err != nil:
		e.Message = e.causeText()
	}
	if e.Message == "" {
		e.Message = http.StatusText(e.HTTPStatus)
	}
	if isIdentity(e.Err) { // no answer of Bedrock's
		e.Code, e.HTTPStatus, e.RequestID, e.Message = "", 0, "", oneLine(innermost(e.Err).Error())
	}
}

func (e *Error) describeCode(api smithy.APIError) {
	e.Code, e.Message = api.ErrorCode(), oneLine(api.ErrorMessage())
	if e.Code == "UnknownError" { // the SDK's word for none
		e.Code, e.Message = "", strings.TrimPrefix(e.Message, e.Code)
	}
	name, status, ok := kind.Known(e.Code)
	if !ok {
		return
	}
	e.Code = name
	if e.HTTPStatus < 400 { // in a stream
		e.HTTPStatus = status
	}
}

// causeText is the cause in one line. The SDK's decoder quotes what it can't decode,
// which may be a reply.
func (e *Error) causeText() string {
	var decoding *smithy.DeserializationError
	var lost *lostBody
	if errors.As(e.Err, &decoding) && !errors.As(e.Err, &lost) && !endedByContext(e.Err) {
		if e.HTTPStatus != 200 {
			return ""
		}
		return "the answer is not what this SDK can decode"
	}
	return oneLine(innermost(e.Err).Error())
}

// innermost strips what the SDK wraps around a cause and [Error] says in fields.
func innermost(err error) error {
	for err != nil {
		var inner error
		switch e := err.(type) {
		case *smithy.OperationError, *smithyhttp.ResponseError, *awshttp.ResponseError, *retry.MaxAttemptsError,
			*smithy.DeserializationError, *smithy.CanceledError, *aws.RequestCanceledError,
			*callError, *attemptError, *transientError, *endedError:
			inner = errors.Unwrap(err)
		case *causeError:
			inner = e.cause
		case interface{ Unwrap() []error }:
			inner = joinedTo(e.Unwrap())
		}
		if inner == nil {
			return err
		}
		err = inner
	}
	return nil
}

// joinedTo returns the attempt's error that the SDK joined a give-up to.
func joinedTo(errs []error) error {
	var late *deadlineError
	var quota ratelimit.QuotaExceededError
	if len(errs) == 2 && (errors.As(errs[1], &late) || errors.As(errs[1], &quota)) {
		return errs[0]
	}
	return nil
}

// oneLine makes a text from outside fit for a log line.
func oneLine(s string) string { return text.OneLine(s) }
