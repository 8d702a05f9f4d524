package bedrocktest

import "time"

// Limit admits rps requests a second and burst at once, all models together;
// what is above gets a ThrottlingException. Limit(0, 0) takes the limit off;
// with 0 rps nothing is admitted after the burst.
func (s *Server) Limit(rps float64, burst int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits.all = nil
	if rps > 0 || burst > 0 {
		s.limits.all = newBucket(rps, burst)
	}
}

// LimitModel limits the requests for one model, as [Server.Limit] does for
// all; both must admit a request. LimitModel(model, 0, 0) throttles every
// request for the model; a negative burst takes the model's limit off.
func (s *Server) LimitModel(model string, rps float64, burst int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if burst < 0 {
		delete(s.limits.models, model)
		return
	}
	if s.limits.models == nil {
		s.limits.models = map[string]*bucket{}
	}
	s.limits.models[model] = newBucket(rps, burst)
}

type limits struct {
	all    *bucket
	models map[string]*bucket
}

// admit draws on the buckets that a request for model needs, on all or none.
func (l *limits) admit(model string) bool {
	now := time.Now()
	if !l.all.has(now) || !l.models[model].has(now) {
		return false
	}
	l.all.take()
	l.models[model].take()
	return true
}

// A bucket of tokens, of which a request takes one. A nil bucket never runs
// out.
type bucket struct {
	rate, size float64
	tokens     float64
	filled     time.Time
}

func newBucket(rps float64, burst int) *bucket {
	size := float64(burst)
	if rps > 0 && size < 1 {
		size = 1 // a bucket that holds less than a token admits nothing at any rate
	}
	return &bucket{rate: max(0, rps), size: size, tokens: size, filled: time.Now()}
}

func (b *bucket) has(now time.Time) bool {
	if b == nil {
		return true
	}
	b.tokens = min(b.size, b.tokens+b.rate*now.Sub(b.filled).Seconds())
	b.filled = now
	return b.tokens >= 1
}

func (b *bucket) take() {
	if b != nil {
		b.tokens--
	}
}
