package bedrock

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock/internal/jsondoc"
)

func TestAFieldWithoutCounterpartIsTold(t *testing.T) {
	t.Parallel()
	type stream struct {
		Same      string
		OtherType string
		StreamOne bool
		Left      int
		hidden    int
	}
	type unary struct {
		Left      int
		OtherType int
		Same      string
		UnaryOne  bool
		hidden    int
	}
	p := matchFields[unary, stream]("Left")
	tests := []struct {
		name string
		from stream
		want unary
		left string
	}{
		{"a field of both", stream{Same: "a", hidden: 1}, unary{Same: "a"}, ""},
		{"a field left out", stream{Left: 3}, unary{}, ""},
		{"a field of the stream", stream{Same: "a", StreamOne: true}, unary{}, "StreamOne"},
		{"a field of another type", stream{OtherType: "a"}, unary{}, "OtherType"},
		{"nothing", stream{}, unary{}, ""},
	}
	for _, tt := range tests {
		var got unary
		if left := p.copy(&got, &tt.from); left != tt.left || left == "" && got != tt.want {
			t.Errorf("%s: got %+v and %q left, want %+v and %q", tt.name, got, left, tt.want, tt.left)
		}
	}
	if want := []int{1, 2}; !slices.Equal(p.unmatched, want) {
		t.Errorf("got fields %v without counterpart, want %v", p.unmatched, want)
	}
}

func TestNothingToCopy(t *testing.T) {
	t.Parallel()
	type one struct{ A, b int }
	p := matchFields[one, one]("A")
	var got one
	if left := p.copy(&got, &one{A: 1, b: 1}); left != "" || got != (one{}) || p.unmatched != nil {
		t.Errorf("got %+v and %q left, want nothing", got, left)
	}
}

// fillFields sets every exported field to something that isn't zero.
func fillFields(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fillFields(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fillFields(v.Field(i))
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	case reflect.Interface:
		if d := reflect.ValueOf(jsondoc.Raw(json.RawMessage(`{}`))); d.Type().Implements(v.Type()) {
			v.Set(d)
		}
	}
}

// exportedFields lists a struct's exported fields by name.
func exportedFields(v reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() {
			fields[f.Name] = v.Field(i)
		}
	}
	return fields
}

func TestEveryFieldOfARequestArrivesInTheUnaryCall(t *testing.T) {
	t.Parallel()
	var r bedrockruntime.ConverseStreamInput
	fillFields(reflect.ValueOf(&r).Elem())
	in, left := unaryInput(&r)
	if left != "" {
		t.Fatalf("got the field %s left", left)
	}
	from, to := exportedFields(reflect.ValueOf(r)), exportedFields(reflect.ValueOf(*in))
	for name, v := range from {
		if v.IsZero() {
			t.Errorf("the test leaves the field %s unset", name)
		}
		if name != "GuardrailConfig" && (!to[name].IsValid() || !reflect.DeepEqual(v.Interface(), to[name].Interface())) {
			t.Errorf("the field %s didn't arrive", name)
		}
	}
	for name := range to {
		if _, ok := from[name]; !ok {
			t.Errorf("the unary call's field %s can't be set", name)
		}
	}
	guardrail, sent := exportedFields(reflect.ValueOf(*r.GuardrailConfig)), exportedFields(reflect.ValueOf(*in.GuardrailConfig))
	for name, v := range guardrail {
		if name != "StreamProcessingMode" && !reflect.DeepEqual(v.Interface(), sent[name].Interface()) {
			t.Errorf("the guardrail's field %s didn't arrive", name)
		}
	}
	for name, v := range sent {
		if v.IsZero() {
			t.Errorf("the guardrail's field %s is not set", name)
		}
	}
}

func TestFieldsThatAreUnsetStayUnset(t *testing.T) {
	t.Parallel()
	in, left := unaryInput(&bedrockruntime.ConverseStreamInput{})
	if left != "" || !reflect.DeepEqual(*in, bedrockruntime.ConverseInput{}) {
		t.Errorf("got %+v, %q of an empty request, want an empty input", in, left)
	}
	r := bedrockruntime.ConverseStreamInput{}
	r.GuardrailConfig = &types.GuardrailStreamConfiguration{StreamProcessingMode: types.GuardrailStreamProcessingModeSync, GuardrailIdentifier: aws.String("g")}
	in, left = unaryInput(&r)
	if left != "" || *in.GuardrailConfig.GuardrailIdentifier != "g" || r.GuardrailConfig.StreamProcessingMode == "" {
		t.Errorf("got %+v, %q, want the guardrail's identifier, and the request as it was", in, left)
	}
}

func TestTheSDKsFieldsAllHaveCounterparts(t *testing.T) {
	t.Parallel()
	if request, guardrail := newOfRequest.unmatched, newOfGuardrail.unmatched; request != nil || guardrail != nil {
		t.Errorf("got fields %v of the request and %v of the guardrail without a counterpart, want none with this SDK", request, guardrail)
	}
}
