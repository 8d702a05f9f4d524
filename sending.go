package bedrock

import (
	"errors"
	"net"
	"strings"
)

type sendFault struct {
	retry, connect bool
	kind           error
	why, hint      string
}

func judgeSending(err error) sendFault {
	return sendFault{retry: !isTimeout(err) && verdictOfSDK(err) == passing, kind: ErrUnavailable}
}

func isTimeout(err error) bool {
	var network net.Error
	var op *net.OpError
	return errors.As(err, &network) && network.Timeout() &&
		!(errors.As(err, &op) && op.Op == "dial") && !strings.Contains(err.Error(), "TLS handshake timeout")
}
