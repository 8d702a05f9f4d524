package bedrock

import (
	"errors"
	"runtime"
	"syscall"
)

// errno is an error of the operating system. Windows tells errors of sockets by numbers
// of its own (winsock2.h), which the syscall package's names don't stand for.
type errno struct{ posix, windows syscall.Errno }

var (
	errRefused     = errno{syscall.ECONNREFUSED, 10061}
	errSilent      = errno{syscall.ETIMEDOUT, 10060} // told by the system, not by a timeout of ours
	errNoHostRoute = errno{syscall.EHOSTUNREACH, 10065}
	errNoNetRoute  = errno{syscall.ENETUNREACH, 10051}
	errForbidden   = errno{syscall.EACCES, 10013}
	errNoFamily    = errno{syscall.EAFNOSUPPORT, 10047}
	errTooMany     = errno{syscall.EMFILE, 10024}
	errTooManyAll  = errno{syscall.ENFILE, 10055}
)

// is reports whether the system's error is in err.
func (e errno) is(err error) bool {
	return errors.Is(err, e.posix) || runtime.GOOS == "windows" && errors.Is(err, e.windows)
}
