package bedrock_test

import "os"

// sampled is how many, or each how manieth: whole if BEDROCK_TESTS=all asks for it, as
// .ci/run does, else a sample, always the same, that takes a moment.
func sampled(whole, sample int) int {
	if os.Getenv("BEDROCK_TESTS") == "all" {
		return whole
	}
	return sample
}
