package bedrocktest

import "fmt"

// echo is the answer to a request that nobody laid an answer ready for.
func echo(req *Request) body {
	switch req.Operation {
	case "Converse", "ConverseStream":
		if text := req.Text(); text != "" {
			return content{textBlock{text}}
		}
		return content{}
	case "InvokeModel", "InvokeModelWithResponseStream":
		return document(req.Body)
	case "CountTokens":
		return document(fmt.Appendf(nil, `{"inputTokens":%d}`, requestWords(req)))
	}
	return broken{fmt.Errorf("%s has no echo; queue an answer with Queue(bedrocktest.JSON(…)) or set one with Handle", req.Operation)}
}
