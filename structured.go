package bedrock

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/document"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock/internal/jsondoc"
	"example.com/bedrock/internal/schema"
)

// wanted is the output that a request asks for, kept for [Reply.Decode].
type wanted struct {
	schema *schema.Schema
	tool   string // of OutputViaTool
}

// OutputAs makes the model answer with JSON that fits T, to be read by [Reply.Decode].
// The schema is inferred as in [NewTool]; a T without one fails the call, saying which
// field. For what a type can't say, such as an enum, there is [OutputSchema]. The model
// must support structured output ("Get validated JSON results from models" in the Amazon
// Bedrock User Guide); for one that doesn't, see [OutputViaTool].
// API field: outputConfig.textFormat.
func OutputAs[T any]() RequestOption {
	s, err := schema.For(reflect.TypeFor[T]())
	return output("OutputAs", outputName[T](), s, err)
}

// OutputSchema is [OutputAs] with a JSON schema of your own: a [json.RawMessage], which
// is sent as it is, or what encodes to one. The name is 1 to 64 letters, digits, _ and -.
func OutputSchema(name string, jsonSchema any) RequestOption {
	text, err := jsondoc.Encode(jsonSchema)
	var s *schema.Schema
	if err == nil {
		s, err = schema.Parse(text)
	}
	return output("OutputSchema", name, s, cmp.Or(err, checkToolName("schema", name)))
}

func output(option, name string, s *schema.Schema, err error) RequestOption {
	return func(r *Request) {
		if err != nil {
			r.Fail(fmt.Errorf("%s: %w", option, err))
			return
		}
		r.wanted = &wanted{schema: s}
		own(&r.OutputConfig).TextFormat = &types.OutputFormat{
			Type:      types.OutputFormatTypeJsonSchema,
			Structure: &types.OutputFormatStructureMemberJsonSchema{Value: types.JsonSchemaDefinition{Name: aws.String(name), Schema: aws.String(string(s.JSON))}},
		}
	}
}

// OutputViaTool makes the model answer with input for a tool that it must use, whose
// schema is T's, a struct or a map: for models that have tools and no structured output.
// [Reply.Decode] reads it. It sets the tool choice, which models refuse while they
// think. API fields: toolConfig.tools, toolConfig.toolChoice.
func OutputViaTool[T any]() RequestOption {
	name := outputName[T]()
	s, err := schema.For(reflect.TypeFor[T]())
	if err == nil && !s.IsObject {
		err = fmt.Errorf("%s is no struct or map, which a tool's input is", reflect.TypeFor[T]())
	}
	return func(r *Request) {
		if err != nil {
			r.Fail(fmt.Errorf("OutputViaTool: %w", err))
			return
		}
		UseTools(Tool{Name: name, Description: "Takes the answer.", Schema: s.JSON})(r)
		ToolChoiceTool(name)(r)
		r.wanted = &wanted{schema: s, tool: name}
	}
}

var (
	packageInName = regexp.MustCompile(`[^\[\],*]*\.`) // of a type argument
	notInName     = regexp.MustCompile(`[^a-zA-Z0-9_-]+`)
)

// outputName names T's schema for the model.
func outputName[T any]() string {
	name := packageInName.ReplaceAllString(reflect.TypeFor[T]().Name(), "")
	name = strings.Trim(notInName.ReplaceAllString(name, "_"), "_")
	if name == "" {
		return "output"
	}
	return name[:min(len(name), 64)]
}

// OutputError is why [Reply.Decode] stored nothing. Reply has what the model said
// instead, and its StopReason why it stopped.
type OutputError struct {
	Reply *Reply
	Err   error
}

// Error doesn't quote the reply.
func (e *OutputError) Error() string {
	text := fmt.Sprint(e.Err)
	var mismatch *schema.Mismatch
	if errors.As(e.Err, &mismatch) {
		text = "the output doesn't fit: " + oneLine(mismatch.Brief())
	}
	if e.Reply != nil && e.Reply.RequestID != "" {
		text += " (request " + oneLine(e.Reply.RequestID) + ")"
	}
	return "bedrock: decoding the output: " + text
}

// Unwrap returns the cause.
func (e *OutputError) Unwrap() error { return e.Err }

// Decode stores the output that [OutputAs], [OutputSchema] or [OutputViaTool] asked for
// in the value that v points to, by encoding/json, when it fits the schema. On a reply
// to a request without them it takes the text for JSON that must fit v's type.
//
// The error is an *[OutputError]: the reply was cut by max_tokens, refused by a
// guardrail, holds no output, or holds some that doesn't fit.
func (r *Reply) Decode(v any) error {
	text, err := r.outputText()
	if err == nil {
		err = r.checkOutput(text, v)
	}
	if err != nil {
		return &OutputError{r, err}
	}
	return nil
}

func (r *Reply) checkOutput(text json.RawMessage, v any) error {
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return fmt.Errorf("give Decode a pointer that isn't nil, not a %T", v)
	}
	var s *schema.Schema
	if r.wanted != nil {
		s = r.wanted.schema
	} else {
		s, _ = schema.For(to.Type().Elem()) // one without a schema may decode all the same
	}
	var mismatch *schema.Mismatch
	if s != nil {
		if err := s.Check(text); errors.As(err, &mismatch) {
			return err
		}
	}
	read := reflect.New(to.Type().Elem()) // what fails in the middle leaves v as it was
	if err := json.Unmarshal(text, read.Interface()); err != nil {
		return &jsondoc.Error{Doing: "reading the output", Err: err}
	}
	to.Elem().Set(read.Elem())
	return nil
}

// outputText is the JSON that the model answered with.
func (r *Reply) outputText() (json.RawMessage, error) {
	switch r.stopReason() {
	case types.StopReasonMaxTokens:
		return nil, errors.New("the reply was cut, it stopped for max_tokens: give it more (MaxTokens)")
	case types.StopReasonModelContextWindowExceeded:
		return nil, errors.New("the reply was cut, it stopped for model_context_window_exceeded: shorten the input")
	case types.StopReasonGuardrailIntervened, types.StopReasonContentFiltered:
		return nil, fmt.Errorf("the reply was refused, it stopped for %s", r.StopReason)
	case types.StopReasonMalformedModelOutput, types.StopReasonMalformedToolUse:
		return nil, fmt.Errorf("the model wrote no JSON, it stopped for %s", r.StopReason)
	}
	if r.wanted == nil || r.wanted.tool == "" {
		if text := strings.TrimSpace(r.Text()); text != "" {
			return json.RawMessage(text), nil
		}
		return nil, fmt.Errorf("the reply has no text, it stopped for %q", r.stopReason())
	}
	for _, use := range r.ToolUses() {
		if aws.ToString(use.Name) == r.wanted.tool && use.Type != types.ToolUseTypeServerToolUse {
			var input json.RawMessage
			err := DecodeJSON(use.Input, &input)
			return input, err
		}
	}
	return nil, fmt.Errorf("the model didn't use the tool %s, which takes the output; it stopped for %q", r.wanted.tool, r.stopReason())
}

func (r *Reply) stopReason() types.StopReason {
	if r.ConverseOutput == nil {
		return ""
	}
	return r.StopReason
}

// holdsOutput reports whether the tool of OutputViaTool was used.
func (r *Reply) holdsOutput() bool {
	if r.wanted == nil || r.wanted.tool == "" {
		return false
	}
	_, err := r.outputText()
	return err == nil
}

// JSON turns a Go value into a document, the API's type for free-form JSON (tool input
// and schema, additional model fields), by the rules of encoding/json: json tags count,
// numbers keep their digits, HTML isn't escaped. A [json.RawMessage] or []byte is taken
// as JSON text and sent as it is.
//
// It encodes at once, so that an error shows here: the SDK's own
// document.NewLazyDocument ignores json tags and drops the error of a value that it
// can't encode, and the request goes out broken. Documents, a reply's too, may stand
// inside of v, in maps and lists of any; one made here has no place inside of
// NewLazyDocument, which can't read it.
func JSON(v any) (document.Interface, error) {
	d, err := jsondoc.New(v)
	if err != nil {
		return nil, fmt.Errorf("bedrock: encoding a JSON document: %w", err)
	}
	return d, nil
}

// DecodeJSON stores a document in the value that v points to, by the rules of
// encoding/json. The documents of a reply are the input of a tool use and
// AdditionalModelResponseFields. A nil document is an error: the field was absent.
func DecodeJSON(doc document.Interface, v any) error {
	if err := jsondoc.Decode(doc, v); err != nil {
		return fmt.Errorf("bedrock: decoding a JSON document: %w", err)
	}
	return nil
}
