// Package bedrocktest is Amazon Bedrock Runtime in the process of a test, a
// demo or an offline run: a server that speaks the real protocol, and clients
// set up for it.
//
//	srv := bedrocktest.NewServer()
//	defer srv.Close()
//	srv.Queue(bedrocktest.Throttle(), bedrocktest.Text("Paris"))
//	reply, err := srv.Client().Converse(ctx, "amazon.nova-lite-v1:0", bedrock.Prompt("Capital of France?"))
//
// The code under test runs as in production: its requests are signed, retried
// and sent over TLS and HTTP/2, and replies come back in the frames that
// Bedrock sends.
//
// # Answers
//
// A server that was told nothing echoes: Converse and ConverseStream answer
// with the text of the last user message, InvokeModel with the body of the
// request, CountTokens with the number of words. [Server.Queue] lays responses
// ready, which are used up in order; [Server.Handle] sets a function that
// answers when none is queued.
//
// A [Response] is made by a constructor and shaped by its methods, each of
// which returns a changed copy:
//
//	bedrocktest.Text("Paris").Usage(12, 1)
//	bedrocktest.Output(Capital{City: "Paris"})
//	bedrocktest.Reasoning("Easy.", "").And(bedrocktest.ToolUse("weather", "t1", args))
//	bedrocktest.Embeddings(256)
//	bedrocktest.JSON(map[string]any{"generation": "Paris"})
//	bedrocktest.Error("ModelNotReadyException", "The model is loading.").Header("Retry-After", "2")
//
// The operation of the request decides the shape: the same Text answers
// Converse with a message and ConverseStream with events. The request's own
// wishes decide too: [Output] is JSON text or the input of a forced tool,
// [Embeddings] has the shape of the model's family, [Refusal] a guardrail's
// trace where one is asked for.
//
// [Sample] makes answers up by what the request holds: tool uses that fit the
// tools' schemas, JSON that fits the schema of a structured output, vectors. It
// lets a demo of tools, of structured output or of search run offline:
//
//	srv.Handle(func(*bedrocktest.Request) bedrocktest.Response { return bedrocktest.Sample() })
//
// # Tools
//
// A script of a conversation with tools is a queue, one response for each turn
// of the model. A turn that asks for several tools joins their uses:
//
//	srv.Queue(
//		bedrocktest.ToolUse("weather", "t1", oslo).And(bedrocktest.ToolUse("weather", "t2", rome)),
//		bedrocktest.Text("Rome is warmer."),
//	)
//
// [Server.Requests] then shows the results that were sent back.
//
// # Faults
//
// Streams fail where they are told to ([Response.FailAt]), bodies end early or
// go silent ([Response.CutAt], [Response.CutAfter], [NoReply], each with an
// [Ending]), and frames of one's own can stand anywhere ([Response.Insert],
// [Frames]). [Server.Limit] throttles by rate, as an account's quota does.
//
// # Checks
//
// The server computes the signature of every request again and refuses what
// AWS would refuse: a wrong key, region, service or token, a clock that is
// more than 5 minutes off. A request that no client of Bedrock Runtime should
// send gets a ValidationException whose message begins with "bedrocktest:" and
// says what is likely wrong.
//
// What Bedrock would refuse is refused, with Bedrock's code and, where they are
// known, its words: blank texts, empty content, tool results without a use and
// uses without a result, tool blocks without toolConfig, bad or repeated names
// of tools and documents, a tool whose schema is no object, an unknown or
// forbidden toolChoice, too many documents, images or cache points, parameters
// out of range, fields that a prompt of Prompt management defines, bodies that
// an embedding model doesn't take. The rules are those that AWS documents or
// that the service was seen to apply, to all models or to those of the maker
// that the model id names; a request that passes may still be refused by a
// model. [Server.Lenient] turns them off.
//
// A refused request uses up no queued response. [Server.Requests] keeps
// everything that arrived.
//
// # Time
//
// [NewPipeServer] needs no network, so a test can put it in a testing/synctest
// bubble, where minutes of backoff or silence take milliseconds.
package bedrocktest
