package body_test

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"example.com/bedrock/body"
)

func ExampleCohereRerankRequest() {
	request := body.CohereRerankRequest{
		Query:      "What can I ride?",
		Documents:  []string{"a loaf of bread", "a red bicycle"},
		TopN:       1,
		APIVersion: 2,
	}
	if err := json.NewEncoder(os.Stdout).Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"query":"What can I ride?","documents":["a loaf of bread","a red bicycle"],"top_n":1,"api_version":2}
}

func ExampleAmazonRerankRequest() {
	request := body.AmazonRerankRequest{Query: "What can I ride?", Documents: []string{"a loaf of bread", "a red bicycle"}}
	if err := json.NewEncoder(os.Stdout).Encode(request); err != nil {
		log.Fatal(err)
	}
	// Output:
	// {"query":"What can I ride?","documents":["a loaf of bread","a red bicycle"]}
}

func ExampleRerankResponse() {
	const answer = `{"results":[{"index":1,"relevance_score":0.71},{"index":0,"relevance_score":0.03}]}`
	var got body.RerankResponse
	if err := json.Unmarshal([]byte(answer), &got); err != nil {
		log.Fatal(err)
	}
	for _, r := range got.Results {
		fmt.Println(r.Index, r.RelevanceScore)
	}
	// Output:
	// 1 0.71
	// 0 0.03
}
