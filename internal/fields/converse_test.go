package fields

import (
	"encoding/json"
	"reflect"
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
	var r bedrockruntime.ConverseStreamInput
	fill(reflect.ValueOf(&r).Elem())
	in, left := ConverseInput(&r)
	if left != "" {
		t.Fatalf("got the field %s left", left)
	}
	from, to := exported(reflect.ValueOf(r)), exported(reflect.ValueOf(*in))
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
	in, left := ConverseInput(&bedrockruntime.ConverseStreamInput{})
	if left != "" || !reflect.DeepEqual(*in, bedrockruntime.ConverseInput{}) {
		t.Errorf("got %+v, %q of an empty request, want an empty input", in, left)
	}
	r := bedrockruntime.ConverseStreamInput{}
	r.GuardrailConfig = &types.GuardrailStreamConfiguration{StreamProcessingMode: types.GuardrailStreamProcessingModeSync, GuardrailIdentifier: aws.String("g")}
	in, left = ConverseInput(&r)
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
