package bedrock

// errno is an error of the operating system. Plan 9 has no numbers for them.
type errno struct{}

var errRefused, errSilent, errNoHostRoute, errNoNetRoute, errForbidden, errNoFamily, errTooMany, errTooManyAll errno

func (errno) is(error) bool { return false }
