package bedrock_test

import "os"

// sampled chooses a count or a step: whole if BEDROCK_TESTS=all asks for it, as .ci/run
// does, else sample, which takes a moment.
func sampled(whole, sample int) int {
	if os.Getenv("BEDROCK_TESTS") == "all" {
		return whole
	}
	return sample
}
