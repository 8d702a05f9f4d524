// Package body holds request and response bodies of models that Bedrock serves through
// InvokeModel in their own JSON: embeddings, reranking, images, video, and Anthropic's
// Messages. Give a request to bedrock.Invoke and name the response as its type:
//
//	got, err := bedrock.Invoke[body.TitanEmbedTextResponse](ctx, client, "amazon.titan-embed-text-v2:0",
//		body.TitanEmbedTextRequest{InputText: "a red bicycle", Dimensions: 256})
//	// got.Value.Embedding
//
// bedrock.InvokeStream takes a chunk type, such as [AnthropicChunk], in the same way. A
// type whose comment says StartAsyncInvoke is the modelInput of that operation.
//
// # Conventions
//
// The types are plain data: a struct per JSON object, fields in the API's own names.
// A zero optional field is not sent, so the model's default holds; where zero itself
// means something (a temperature, a seed, a switch that is on by default) the field is a
// pointer. An empty list or map that isn't nil is sent as it is. A []byte is
// base64 on the wire. Objects of several kinds are one struct with a Type field; its
// comment says which fields go with which type.
//
// What a type has no field for is lost when it is decoded and encoded again, as the new
// members of a newer model's blocks are. To send such an answer back whole, name
// json.RawMessage as the response, or a struct of your own that holds it in a field.
//
// Vectors are []float32: models compute in that precision or less, and half the memory
// is worth having for a million of them.
//
// # What is not here
//
// Text models that Converse serves have the same request there for all of them: Amazon
// Titan Text and Nova, Meta Llama, Mistral, Cohere Command, AI21, and Claude's old text
// completions are left to Converse or to a struct of the caller's own. Anthropic's Messages are
// here because some of their features (their own tool types, betas) have no equal in Converse.
package body
