// Package bedrock is the AWS SDK for Go v2 set up right for Amazon Bedrock Runtime,
// and a thin typed layer on it.
//
// Create a [Client] with [New] and keep it: it is safe for concurrent use.
//
//	client, err := bedrock.New(ctx) // region and credentials: the AWS chain
//	reply, err := client.Converse(ctx, model, bedrock.Prompt("Hello"))
//	fmt.Println(reply.Text())
//
// [Client.ConverseStream] streams the same reply; [Invoke] and [InvokeStream] speak a
// model's own format, for what Converse doesn't serve.
//
// A model is named by its id, the id of an inference profile, or an ARN, sent as it is.
// Messages and content are the SDK's types; [Prompt], [User], [Image], [DocumentFile] and
// so on build the common ones, and options such as [System] and [MaxTokens] set the rest.
// Anything without an option here is a field of [Request], or a call on [Client.SDK],
// which is configured the same way.
//
// # Tools
//
// [NewTool] makes a tool of a Go function, with the schema of its input; [Client.Run]
// converses until the model is done with its tools. [UseTools] and [Reply.CallTools] are
// its two halves, for a loop of your own, over streams too.
//
// # Structured output
//
// [OutputAs] makes a model answer in JSON that fits a Go type, [OutputViaTool] does so for
// models that have tools alone, and [Reply.Decode] reads the answer of either.
//
// # Embeddings
//
// [Client.Embed] turns texts into vectors, as many as you have. Package body has the
// types for what else [Invoke] is for: Claude's own format, reranking, images, videos.
//
// # Load
//
// Bedrock spreads load by itself, within a region, and across regions for a
// cross-region inference profile. This package has no balancer: it never changes a
// region or a model id, and never falls back to another model. What is left for an
// application is to retry and, if it likes, to pin its region.
//
// # Retries
//
// Every call goes through the SDK's own retry loop: 10 attempts ([WithMaxAttempts]), and
// before each retry a random wait between 0 and a bound that starts at 1 s for
// throttles and 50 ms for other transient faults, and doubles up to 20 s
// ([WithMaxBackoff]). It retries throttles however spelled, ModelNotReadyException, HTTP
// 425, 429, 500, 502, 503 and 504, and lost connections. It does not retry other errors,
// a daily token quota that is used up, or a response on which your own HTTP client timed
// out: the model may still be running, and you would pay twice. What can never be sent,
// for a certificate, a proxy that refuses or a key that a header can't carry, fails at
// once. Attempts that get no connection end a call after a minute of them.
//
// Throttles don't draw on the SDK's retry quota. Other faults do, 100 retries between
// successes, so an outage fails fast. Retry-After, in seconds or as a date, lengthens a
// wait by up to 5 s. When the context's deadline falls before the next attempt, the call
// gives up at once, and its error matches both the cause and [context.DeadlineExceeded].
//
// When the service says that credentials have expired, their provider is asked once more;
// if it has others, another attempt is made. Nothing was billed until then. A signature
// that was too old on arrival is made anew, once.
//
// AWS_MAX_ATTEMPTS and AWS_RETRY_MODE are honored, and an aws.Config.Retryer of your own
// is used as it is.
//
// # Streams
//
// A [Stream] is read by a loop over [Stream.Text] or [Stream.Events]; it needs no
// goroutine, and leaving the loop closes it. It is complete when the loop ends without
// an error: a connection that ends before the service's end marker is [ErrTruncated],
// however it ended. An exception or a lost connection before the first content is
// retried like any other; later ones end the stream with an error, and [Stream.Reply]
// has what arrived. The streams of [Client.SDK] get the same checks.
//
// # Errors
//
// A failed call returns an *[Error]: one line with the AWS error code, request id,
// attempts and, for well-known failures, what to do. Test it with [errors.Is] and
// [ErrThrottled] and the other sentinels, or with [errors.As] and the SDK's types.
// The sentinels hold for errors of [Client.SDK] and in middlewares around an attempt too.
// This package puts no prompt, body or secret into errors or logs ([WithLogger]), and
// takes the client's own keys out of messages that quote them; else a message of the
// service is kept as it came.
//
// # Regions
//
// The region comes from [WithRegion], else from AWS_REGION, AWS_DEFAULT_REGION or the
// profile. [Client.With] gives a client for another one that shares connections
// and credentials. [MeasureRegions] tells how far away they are.
//
// # Tests
//
// Package bedrocktest is Bedrock in your process: it speaks the real protocol, checks
// signatures, and fails in every way asked for.
package bedrock
