package bedrock

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime/types"

	"example.com/bedrock/internal/jsondoc"
)

// fill sets every exported field to something that isn't zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i))
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

// exported lists a struct's exported fields by name.
func exported(v reflect.Value) map[string]reflect.Value {
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
	var r Request
	fill(reflect.ValueOf(&r.ConverseStreamInput).Elem())
	in, err := r.unary()
	if err != nil {
		t.Fatal(err)
	}
	from, to := exported(reflect.ValueOf(r.ConverseStreamInput)), exported(reflect.ValueOf(*in))
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
	guardrail, sent := exported(reflect.ValueOf(*r.GuardrailConfig)), exported(reflect.ValueOf(*in.GuardrailConfig))
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
	in, err := (&Request{}).unary()
	if err != nil || !reflect.DeepEqual(*in, bedrockruntime.ConverseInput{}) {
		t.Errorf("got %+v, %v of an empty request, want an empty input", in, err)
	}
	r := Request{}
	r.GuardrailConfig = &types.GuardrailStreamConfiguration{StreamProcessingMode: types.GuardrailStreamProcessingModeSync, GuardrailIdentifier: aws.String("g")}
	in, err = r.unary()
	if err != nil || *in.GuardrailConfig.GuardrailIdentifier != "g" || r.GuardrailConfig.StreamProcessingMode == "" {
		t.Errorf("got %+v, %v, want the guardrail's identifier, and the request as it was", in, err)
	}
}

func TestAFieldWithoutCounterpartIsAnError(t *testing.T) {
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
	plan := matchFields[unary, stream]("Left")
	tests := []struct {
		name string
		from stream
		want unary
		err  string
	}{
		{"a field of both", stream{Same: "a", hidden: 1}, unary{Same: "a"}, ""},
		{"a field left out", stream{Left: 3}, unary{}, ""},
		{"a field of the stream", stream{Same: "a", StreamOne: true}, unary{}, "StreamOne"},
		{"a field of another type", stream{OtherType: "a"}, unary{}, "OtherType"},
		{"nothing", stream{}, unary{}, ""},
	}
	for _, tt := range tests {
		var got unary
		err := plan.copy(&got, &tt.from)
		switch {
		case tt.err == "" && (err != nil || got != tt.want):
			t.Errorf("%s: got %+v, %v, want %+v", tt.name, got, err, tt.want)
		case tt.err != "" && (!errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), tt.err)):
			t.Errorf("%s: got error %v, want one that is ErrInvalid and names %s", tt.name, err, tt.err)
		}
	}
}

func TestTheSDKsFieldsAllHaveCounterparts(t *testing.T) {
	t.Parallel()
	if len(newRequestFields.unmatched) != 0 || len(newGuardrailFields.unmatched) != 0 {
		t.Errorf("got %d fields of the request and %d of the guardrail without a counterpart, want none with this SDK", len(newRequestFields.unmatched), len(newGuardrailFields.unmatched))
	}
}
